// Opens every page of a running exporter in Chromium while MaillogSmtp421Spike fires: in both languages, on a phone and
// on a desktop, light and dark, without scripts. Prints every defect.
//
// The second address is an exporter with TLS, of which only the pages are opened to which its alerts link.
//
//   npm ci --ignore-scripts && node check.mjs http://127.0.0.1:9925 https://127.0.0.1:9926
import { chromium } from 'playwright-core';
import { checkAccessibility, checkHeadings, checkSize, checkWidth, watchErrors } from './page.mjs';
import { answerQuestions, findClients } from './questions.mjs';
import { checkRunbooks } from './runbooks.mjs';

/** The names of Chromium in Debian and elsewhere. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const PATHS = [
  '/',
  '/codes',
  '/codes/421',
  '/codes/450',
  '/codes/mailbox_full',
  '/alerts',
  '/alerts/MaillogSmtp421Spike',
  '/providers',
  '/providers/google',
];
const LANGUAGES = ['en', 'zh'];
const SCREENS = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 900 } },
};
const SCHEMES = ['light', 'dark'];
/** The width to which WCAG 2.2, success criterion 1.4.10, requires pages to reflow. */
const NARROWEST = 320;

const [base, secureBase] = process.argv.slice(2);
const defects = [];
let pages = 0;
let questions = 0;

/** Opens a path in a language and calls `check` with the page and a function that reports a defect. */
async function visit(context, path, language, where, check) {
  const name = `${path} (${[language, ...where].join(', ')})`;
  const report = (defect) => defects.push(`${name}: ${defect}`);
  const page = await context.newPage();
  watchErrors(page, report);
  try {
    const response = await page.goto(`${base}${path}?lang=${language}`);
    if (response.status() !== 200) report(`status ${response.status()}`);
    await check(page, report);
    pages += 1;
  } catch (error) {
    report(error.message);
  } finally {
    await page.close();
  }
}

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  // The tests run as root; a container may have a small /dev/shm.
  // Alerts link to the name of the host, which this network namespace cannot resolve.
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * 127.0.0.1'],
});

/** The headings of each page and language, with scripts. */
const headings = new Map();
for (const [screen, settings] of Object.entries(SCREENS)) {
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({ ...settings, colorScheme });
    for (const language of LANGUAGES) {
      for (const path of PATHS) {
        await visit(context, path, language, [screen, colorScheme], async (page, report) => {
          headings.set(`${language} ${path}`, await checkHeadings(page, language, report));
          await checkAccessibility(page, colorScheme === 'dark' ? ['color-contrast'] : [], report);
          await checkWidth(page, settings.viewport.width, report);
          if (screen !== 'phone') return;
          await page.setViewportSize({ width: NARROWEST, height: 568 });
          await checkWidth(page, NARROWEST, report);
        });
      }
    }
    await context.close();
  }
}

const context = await browser.newContext({ ...SCREENS.phone, javaScriptEnabled: false, ignoreHTTPSErrors: true });
for (const language of LANGUAGES) {
  for (const path of PATHS) {
    await visit(context, path, language, ['without scripts'], async (page, report) => {
      const found = await checkHeadings(page, language, report);
      const expected = headings.get(`${language} ${path}`);
      if (String(found) !== String(expected)) report(`headings ${found} instead of ${expected}`);
      if (path === '/codes/421') questions += await answerQuestions(page, language, base, report);
      if (path === '/codes/450') await findClients(page, report);
    });
    await checkSize(`${base}${path}?lang=${language}`, (defect) => defects.push(`${path} (${language}): ${defect}`));
  }
}
let runbooks = 0;
for (const address of [base, secureBase]) {
  runbooks += await checkRunbooks(context, address, (defect) => defects.push(defect));
}
await browser.close();

for (const defect of defects) console.error(defect);
if (defects.length > 0) process.exit(1);
console.log(`${pages} pages, ${questions} answers, ${runbooks} pages of firing alerts: no defect`);
