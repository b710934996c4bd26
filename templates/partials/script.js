
"use strict";
// Filtering only: without this script the page shows everything.
(() => {
  const form = document.getElementById("filter");
  const text = document.getElementById("filter-text");
  const count = document.getElementById("filter-count");
  const facets = Array.from(form.querySelectorAll("[data-facet]"));
  const blocks = Array.from(document.querySelectorAll("[data-block]"), (block) => ({
    block,
    heading: block.querySelector("header")?.textContent ?? "",
    rows: Array.from(block.querySelectorAll("[data-rule]")),
  }));
  const total = blocks.reduce((sum, { rows }) => sum + rows.length, 0);
  const words = new Map(); // a row's text, read once, when somebody first searches

  const textOf = (row, heading) => {
    if (!words.has(row)) words.set(row, `${heading} ${row.textContent}`.replace(/\s+/g, " ").toLowerCase());
    return words.get(row);
  };

  const apply = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = facets.filter((facet) => facet.value).map((facet) => [facet.dataset.facet, facet.value]);
    let shown = 0;
    for (const { block, heading, rows } of blocks) {
      let here = 0;
      for (const row of rows) {
        const fits =
          chosen.every(([name, value]) => row.dataset[name] === value) &&
          wanted.every((word) => textOf(row, heading).includes(word));
        row.hidden = !fits;
        here += fits;
      }
      block.hidden = rows.length > 0 && here === 0;
      shown += here;
    }
    count.textContent = shown === total ? `all ${total} entries shown` : `${shown} of ${total} entries shown`;
  };

  // A link to a rule that the filter hides shows it all the same.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target?.closest("[hidden]")) {
      form.reset();
      target.scrollIntoView();
    }
  };

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  window.addEventListener("hashchange", reveal);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    text.focus();
  });
  form.hidden = total === 0;
  apply();
})();
