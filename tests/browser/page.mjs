// What holds for every page.
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The limit of a page with compression, in bytes. */
const MAX_BYTES = 30 * 1024;

/** Reports what the browser complains about: errors of scripts, blocked content, failed requests. */
export function watchErrors(page, report) {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) report(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => report(`script: ${error.message}`));
  page.on('requestfailed', (request) => report(`request: ${request.url()}: ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) report(`request: ${response.url()}: ${response.status()}`);
  });
}

/** Checks the landmark, the language and the headings; returns those of the blocks, without figures. */
export async function checkHeadings(page, language, report) {
  const mains = await page.locator('main').count();
  if (mains !== 1) report(`${mains} main landmarks`);
  const declared = await page.locator('html').getAttribute('lang');
  if (!declared?.startsWith(language)) report(`lang is ${declared}`);
  const titles = await page.locator('main h1').count();
  if (titles !== 1) report(`${titles} headings of the first level`);
  const found = await page.locator('main h2').allInnerTexts();
  return found.map((it) => it.replace(/\d+/g, '#'));
}

/** Reports every finding of axe, also in what is folded; of some of its rules, or of all if none is named. */
export async function checkAccessibility(page, rules, report) {
  await page.evaluate(() => document.querySelectorAll('details').forEach((it) => { it.open = true; }));
  // Scripts that are added to the page would be blocked by its policy.
  await page.evaluate(axe);
  const options = rules.length > 0 ? { runOnly: rules } : {};
  const { violations } = await page.evaluate((options) => globalThis.axe.run(options), options);
  for (const { id, help, nodes } of violations) {
    report(`axe: ${id}: ${help}: ${nodes.map((it) => it.html.slice(0, 160)).join(' | ')}`);
  }
}

/** Reports a page that is wider than the screen. */
export async function checkWidth(page, width, report) {
  const { widest, beyond } = await page.evaluate((limit) => {
    const isCut = (it) => it.closest('.scroll, .vh, .skip, svg') !== null;
    const wide = [...document.querySelectorAll('body *')].filter(
      (it) => !isCut(it) && it.getBoundingClientRect().right > limit + 1,
    );
    return {
      widest: document.scrollingElement.scrollWidth,
      beyond: wide.slice(0, 3).map((it) => it.outerHTML.slice(0, 120)),
    };
  }, width);
  if (widest > width || beyond.length > 0) report(`${widest} px wide on ${width} px: ${beyond.join(' | ')}`);
}

/** Reports a page that is larger than promised. */
export async function checkSize(url, report) {
  const bytes = await new Promise((resolve, reject) => {
    http.get(url, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
      let sum = 0;
      response.on('data', (chunk) => { sum += chunk.length; });
      response.on('end', () => resolve(sum));
      if (response.headers['content-encoding'] !== 'gzip') report('not compressed');
    }).on('error', reject);
  });
  if (bytes > MAX_BYTES) report(`${bytes} bytes compressed`);
}
