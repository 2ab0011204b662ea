// The dashboards of ../dashboards, changed as the configuration says.
local dashboards = {
  'codes.json': import '../dashboards/codes.json',
  'delivery.json': import '../dashboards/delivery.json',
  'exporter.json': import '../dashboards/exporter.json',
  'overview.json': import '../dashboards/overview.json',
  'providers.json': import '../dashboards/providers.json',
};

{
  local config = $._config,

  local changed(dashboard) = dashboard {
    title: config.dashboardPrefix + std.strReplace(dashboard.title, 'Mail: ', ''),
    // The dashboards link to each other by the tag 'maillog'.
    tags+: config.dashboardTags,
    refresh: config.dashboardRefresh,
    time+: { from: config.dashboardFrom },
  },

  grafanaDashboards+:: {
    [file]: changed(dashboards[file])
    for file in std.objectFields(dashboards)
  },
}
