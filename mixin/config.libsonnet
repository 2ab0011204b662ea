{
  _config+:: {
    // Label matchers that every metric of the exporter in the conditions of the alerts gets, such as 'cluster="mail"'. They must
    // select all targets of the scrape job.
    selector: '',

    // The label `job` of the exporter's targets, as a regular expression.
    job: '.*maillog.*',

    // Language of the summaries and descriptions: 'en' or 'zh'.
    language: 'en',

    // Base URL of the pages that alerts link to; null is the exporter itself. '/codes/421' and '/alerts/NAME' are appended.
    runbookURL: null,

    // Names of alerts that are left out, and labels that the others get in addition, such as {team: 'mail'}.
    disabledAlerts: [],
    alertLabels: {},

    // What begins the titles of the dashboards, their tags in addition to 'maillog' and 'mail', and when they refresh.
    dashboardPrefix: 'Mail: ',
    dashboardTags: [],
    dashboardRefresh: '1m',
    dashboardFrom: 'now-6h',
  },
}
