// Pages are complete without this script. It puts a button for copying below each command, and renews the page every
// half minute, unless somebody selects text, uses the keyboard in it, or does not look at it.
'use strict';

(() => {
  const PERIOD = 30_000;
  const words = document.documentElement.dataset;

  function addCopyButtons() {
    if (!navigator.clipboard) return;
    document.querySelectorAll('pre[id]').forEach((command) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'cp';
      button.textContent = words.copy;
      button.setAttribute('aria-describedby', command.id);
      button.onclick = async () => {
        await navigator.clipboard.writeText(command.textContent);
        button.textContent = words.copied;
        setTimeout(() => { button.textContent = words.copy; }, 2000);
      };
      command.after(button);
    });
  }

  function isInUse() {
    const focus = document.activeElement;
    return document.hidden || String(getSelection()) !== '' || Boolean(focus && focus.closest('main, header'));
  }

  async function renew() {
    // What was asked for does not change by itself.
    if (isInUse() || document.querySelector('main form')) return;
    let fresh;
    try {
      const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
      if (!answer.ok) return;
      fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    } catch {
      return; // The header shows of when the figures are.
    }
    if (isInUse()) return;
    // What the reader has unfolded stays so.
    const open = new Set([...document.querySelectorAll('details[open] > summary')].map((it) => it.textContent));
    fresh.querySelectorAll('details > summary').forEach((it) => { it.parentElement.open = open.has(it.textContent); });
    for (const part of ['header', 'main']) {
      const [before, after] = [document.querySelector(part), fresh.querySelector(part)];
      if (before && after) before.replaceWith(after);
    }
    document.title = fresh.title;
    addCopyButtons();
  }

  addCopyButtons();
  setInterval(renew, PERIOD);
  document.addEventListener('visibilitychange', renew);
})();
