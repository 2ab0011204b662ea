// The twelve questions that somebody who is paged has to have answered by /codes/421 alone, read off its visible text.
import assert from 'node:assert/strict';

/** What Google replies, and about whose mail: see tests/real/browser.rs. */
const PROVIDER = 'google';
const ENHANCED = '4.7.28';
const REPLY = 'Our system has detected an unusual rate of mail from your address';
const ADDRESS = '198.51.100.7';
const SENDER = 'sender0.example';
const RECIPIENTS = 'gmail.com';

/** The words of the page in each language. */
const WORDS = {
  en: {
    firing: (time) => new RegExp(`Firing · critical · since ${time} \\(\\d+ min\\)`),
    heads: ['now', '1 h ago', 'yesterday', 'last week'],
    compare: 'Compare',
    who: 'Who answers with it',
    provider: 'Provider',
    enhanced: 'Enhanced code',
    flood: 'Mail flood detected',
    words: 'In which words',
    sample: 'One of these replies',
    whose: 'Whose mail, and to whom',
    senders: 'Our sender domains',
    recipients: 'Recipient domains',
    clients: 'Client networks are recorded only for mail that this server refuses.',
    queue: 'Queue',
    actor: /Who should act: the operator of the sending server \(you\)\.\s+Reduce the sending rate/,
    meaning: 'What it means',
    means: 'rejects this server because of too many connections or too high a sending rate',
    meaningActor: 'who should act: the operator of the sending server (you)',
    first: `Do first: hold the mail of ${SENDER}.`,
    ask: 'Ask Google',
    over: /Is it over\?\s+No: (\d+) in the last 5 min, \d+ in the 5 min before\. The alert resolves after \d+ min below the threshold\./,
  },
  zh: {
    firing: (time) => new RegExp(`告警中 · 严重 · 自 ${time} 起，已 \\d+ 分钟`),
    heads: ['现在', '1 小时前', '昨天', '上周'],
    compare: '对比',
    who: '谁这样回复',
    provider: '服务商',
    enhanced: '增强状态码',
    flood: '检测到大量邮件',
    words: '回复原文',
    sample: '其中一条',
    whose: '涉及哪些邮件',
    senders: '我方发件域名',
    recipients: '收件域名',
    clients: '仅对本机拒收的邮件记录客户端网段。',
    queue: '队列',
    actor: /谁来处理：发件端（本方）邮件服务器管理员。\s+降低发信速率/,
    meaning: '含义',
    means: '因本方连接过多、发信过快而拒绝',
    meaningActor: '谁来处理：发件端（本方）邮件服务器管理员',
    first: `先做：暂扣 ${SENDER} 的邮件。`,
    ask: '向 Google 查询',
    over: /结束了吗？\s+尚未结束：最近 5 分钟 (\d+) 次，再前 5 分钟 \d+ 次。低于阈值满 \d+ 分钟后告警恢复。/,
  },
};

/** The visible text of a part of the page. */
const text = (part) => part.innerText();

/** The section below a heading. */
function section(page, heading) {
  const title = page.locator('h2').filter({ hasText: new RegExp(`^${heading}`) });
  return page.locator('main section').filter({ has: title });
}

/** The cells of the table whose first head is this, row by row, with the heads. */
async function table(part, head) {
  const cell = part.page().locator('thead th:first-child').filter({ hasText: new RegExp(`^${head}$`) });
  const rows = await part.locator('table').filter({ has: cell }).locator('tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('th, td').allInnerTexts()));
  return cells.map((row) => row.map((it) => it.trim()));
}

const number = (cell) => Number(cell.replaceAll(',', ''));

/** The time of day at which the alert began to fire, in the zone of the page. */
async function firedAt(page, base) {
  const { data } = await (await fetch(`${base}/api/v1/alerts`)).json();
  const alert = data.alerts.find((it) => it.labels.alertname === 'MaillogSmtp421Spike' && it.state === 'firing');
  assert(alert, 'the alert has ended');
  const offset = (await page.locator('header time').getAttribute('datetime')).match(/([+-])(\d\d):(\d\d)$/);
  const minutes = Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3]));
  return new Date(Date.parse(alert.firedAt) + minutes * 60_000).toISOString().slice(11, 16);
}

/** Each question with what must be read. */
const QUESTIONS = {
  async 'does it fire, and since when'(page, words, base) {
    const band = await text(page.locator('main .band'));
    assert.match(band, words.firing(await firedAt(page, base)));
  },
  async 'how much is it now, an hour, a day and a week ago'(page, words) {
    const [heads, [, now, ...past]] = await table(page.locator('main'), words.compare);
    assert.deepEqual(heads.slice(1), words.heads);
    assert(number(now) > 3, `${now} now`);
    assert.deepEqual(past.map(number), [0, 0, 0]);
    assert(await page.locator('svg[role=img]').first().isVisible(), 'no chart');
  },
  async 'who answers with it now, with which enhanced codes'(page, words) {
    const providers = await table(section(page, words.who), words.provider);
    assert.equal(providers.length, 2);
    assert.equal(providers[1][0], PROVIDER);
    assert(number(providers[1][1]) > 10, `${providers[1][1]} in five minutes`);
    assert.match(providers[1].at(-1), /^100\s?%$/);
    const codes = await table(section(page, words.who), words.enhanced);
    assert.deepEqual([codes.length, codes[1][0]], [2, `${ENHANCED} ${words.flood}`]);
  },
  async 'in which words'(page, words) {
    const block = section(page, words.words);
    const before = await text(block);
    assert(before.includes(REPLY) && !before.includes(ADDRESS), before);
    await block.getByText(words.sample).first().click();
    const sample = await text(block.locator('details blockquote').first());
    assert(sample.includes(REPLY) && sample.includes(ADDRESS), sample);
  },
  async 'which of our senders'(page, words) {
    const rows = await table(section(page, words.whose), words.senders);
    assert.equal(rows[1][0], SENDER);
    assert(number(rows[1][1]) > 10, `${rows[1]}`);
  },
  async 'which recipient domains'(page, words) {
    const rows = await table(section(page, words.whose), words.recipients);
    assert.deepEqual([rows.length, rows[1][0]], [2, RECIPIENTS]);
  },
  async 'which clients'(page, words) {
    assert((await text(section(page, words.whose))).includes(words.clients));
  },
  async 'what is in the queue'(page, words) {
    const rows = await table(section(page, words.queue), words.queue);
    const deferred = rows.find(([name]) => name === 'deferred');
    assert.equal(deferred?.[1], '1');
    assert.match(deferred[2], /\d/);
  },
  async 'what does it mean, and who should act'(page, words) {
    assert.match(await text(page.locator('#do')), words.actor);
    const meaning = await text(section(page, words.meaning));
    for (const part of [words.means, words.meaningActor, words.flood]) {
      assert(meaning.includes(part), `${part} is not in ${meaning}`);
    }
  },
  async 'what to type on this server'(page, words) {
    assert((await text(page.locator('main .band'))).includes(words.first));
    const commands = await page.locator('#do pre').allInnerTexts();
    assert.equal(commands[0], 'qshape -s deferred | head');
    assert(commands.some((it) => it.includes('postsuper -h') && it.includes(`@${SENDER}`)), `${commands}`);
    assert(commands.every((it) => !it.includes('exim')), `${commands}`);
  },
  async 'where the provider wants to be asked'(page, words) {
    assert((await text(page.locator('#do'))).includes(words.ask));
    const link = page.locator('#do a').filter({ hasText: 'Google Postmaster Tools' });
    assert.match(await link.getAttribute('href'), /^https:\/\/\S*google\.com/);
  },
  async 'is it over'(page, words) {
    const [, count] = (await text(page.locator('#do'))).match(words.over) ?? [];
    assert(Number(count) > 10, 'the page does not say');
  },
};

/** Reports every question that the page does not answer. */
export async function answerQuestions(page, language, base, report) {
  for (const [question, read] of Object.entries(QUESTIONS)) {
    try {
      await read(page, WORDS[language], base);
    } catch (error) {
      report(`${question}: ${error.message}`);
    }
  }
  return Object.keys(QUESTIONS).length;
}

/** Reports when the page of 450, with which this server refuses clients, does not show them. */
export async function findClients(page, report) {
  const main = await text(page.locator('main'));
  if (!main.includes('203.0.113.0/24')) report('the network of the refused client is missing');
}
