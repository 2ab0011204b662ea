// The pages that alerts link to.

/** How long alerts may take to fire, in milliseconds. */
const PATIENCE = 120_000;

/** The firing alerts; waits for the first one. */
async function firingAlerts(context, base) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const response = await context.request.get(`${base}/api/v1/alerts`, { timeout: PATIENCE }).catch(() => null);
    const { data } = response ? await response.json() : { data: { alerts: [] } };
    const firing = data.alerts.filter((it) => it.state === 'firing');
    if (firing.length > 0 || Date.now() > deadline) return firing;
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

/** Opens the page of each firing alert; reports those that are missing or do not show it. Returns how many there are. */
export async function checkRunbooks(context, base, report) {
  const firing = await firingAlerts(context, base);
  if (firing.length === 0) report(`no alert fires at ${base}`);
  for (const { labels, annotations, inhibitedBy } of firing) {
    const name = `${labels.alertname}: ${annotations.runbook_url}`;
    const page = await context.newPage();
    try {
      const { protocol } = new URL(base);
      if (!annotations.runbook_url.startsWith(protocol)) report(`${name}: not ${protocol}`);
      const response = await page.goto(annotations.runbook_url);
      if (response.status() !== 200) report(`${name}: status ${response.status()}`);
      const links = await page.locator(`main a[href$="/alerts/${labels.alertname}"]`).count();
      const title = await page.title();
      if (links === 0 && !title.includes(labels.alertname)) report(`${name}: the alert is not named`);
      // The page of an alert that another one silences is in the state of that one, or in none.
      const state = inhibitedBy ? '.firing, .warned, .none' : '.firing, .warned';
      if (!(await page.locator('main .band').and(page.locator(state)).count())) report(`${name}: not shown as firing`);
      const band = await page.locator('main .band').innerText();
      const subject = labels.provider ?? labels.code ?? labels.source ?? '';
      if (!band.toLowerCase().includes(subject)) report(`${name}: ${subject} is missing in ${band}`);
    } catch (error) {
      report(`${name}: ${error.message}`);
    }
    await page.close();
  }
  return firing.length;
}
