// The types of Grafana's schema for values from a JSON file.
//
// In TypeScript a JSON string is not a member of an enum, so enums are replaced with their strings; fields with a
// default are optional.
import type { DataQuery, Dashboard, FieldConfig, Panel, RowPanel } from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

type Plain<T> = T extends string
  ? `${T}`
  : T extends (infer U)[]
    ? Plain<U>[]
    : T extends object
      ? { [K in keyof T]: Plain<T[K]> }
      : T;

type Partly<T> = T extends (infer U)[] ? Partly<U>[] : T extends object ? { [K in keyof T]?: Partly<T[K]> } : T;

interface Options {
  bargauge: bargauge.Options;
  heatmap: heatmap.Options;
  stat: stat.Options;
  table: table.Options;
  timeseries: timeseries.Options;
}

interface Custom {
  bargauge: never;
  heatmap: heatmap.FieldConfig;
  stat: never;
  table: table.FieldConfig;
  timeseries: timeseries.FieldConfig;
}

// The data source's plugin does not export the types of its queries.
interface PrometheusQuery extends DataQuery {
  editorMode: 'code' | 'builder';
  exemplar?: boolean;
  expr: string;
  format: 'time_series' | 'table' | 'heatmap';
  instant: boolean;
  legendFormat: string;
  range: boolean;
}

// The data source's plugin adds these fields to an annotation.
interface PrometheusAnnotation {
  expr: string;
  step: string;
  tagKeys: string;
  textFormat: string;
  titleFormat: string;
  useValueForTime: boolean;
}

type Annotation = NonNullable<NonNullable<Dashboard['annotations']>['list']>[number];

export type Outside = Plain<Omit<Dashboard, 'panels' | 'annotations'>> & {
  annotations: { list: (Plain<Annotation> & PrometheusAnnotation)[] };
};
export type Row = Plain<RowPanel>;

type Fields<K extends keyof Custom> = Partly<Plain<Omit<FieldConfig, 'custom'>>> & { custom?: Partly<Plain<Custom[K]>> };

export type PanelOf<K extends keyof Options> = Plain<Omit<Panel, 'options' | 'targets' | 'type' | 'fieldConfig'>> & {
  type: K;
  options: Partly<Plain<Options[K]>>;
  targets: Plain<PrometheusQuery>[];
  fieldConfig: {
    defaults: Fields<K>;
    overrides: { matcher: { id: string; options?: unknown }; properties: { id: string; value?: unknown }[] }[];
  };
};

export type Property<N extends keyof FieldConfig> = Partly<Plain<FieldConfig[N]>>;
export type CustomProperty<K extends keyof Custom, N extends keyof Custom[K]> = Partly<Plain<Custom[K][N]>>;
