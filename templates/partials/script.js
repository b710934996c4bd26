
"use strict";
// Filtering only: without this script the page shows everything.
(() => {
  const form = document.getElementById("filter");
  const text = document.getElementById("filter-text");
  const count = document.getElementById("filter-count");
  const facets = Array.from(form.querySelectorAll("[data-facet]"));
  const names = form.dataset.names.split(" ");
  const keys = JSON.parse(form.dataset.keys);
  const blocks = Array.from(document.querySelectorAll("[data-block]"), (block) => ({
    block,
    header: block.querySelector("header"),
    runs: Array.from(block.querySelectorAll("[data-run]")),
    rows: Array.from(block.querySelectorAll("[data-k]")),
  }));
  const total = blocks.reduce((sum, { rows }) => sum + rows.length, 0);
  const words = new Map(); // a row's text, read once, when somebody first searches

  const textOf = (row, header) => {
    if (!words.has(row)) {
      const run = row.closest("[data-run]")?.firstElementChild;
      const all = [header?.textContent, run?.textContent, row.textContent].join(" ");
      words.set(row, all.replace(/\s+/g, " ").toLowerCase());
    }
    return words.get(row);
  };

  // In a chain the cause stands beneath the rule; elsewhere it has a name, or heads the block.
  const causeOf = (row, header) =>
    row.querySelector(row.matches(".rule") ? ".cause" : "code ~ p") ?? header?.querySelector(".cause");
  const isCausedBy = (cause, name, value) => {
    if (name === "binding") {
      const [host, rest] = value.split(" → ");
      return cause.textContent.includes(host) && cause.textContent.includes(` → ${rest}`);
    }
    return Array.from(cause.querySelectorAll("a")).some(
      (link) => link.hash.startsWith("#container-") && link.textContent === value,
    );
  };
  const fits = (row, header, [name, value]) => {
    const at = names.indexOf(name);
    if (at >= 0) return keys[row.dataset.k][at].includes(value);
    const cause = causeOf(row, header);
    return Boolean(cause) && isCausedBy(cause, name, value);
  };

  const apply = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = facets.filter((facet) => facet.value).map((facet) => [facet.dataset.facet, facet.value]);
    const all = wanted.length + chosen.length === 0;
    let shown = 0;
    for (const { block, header, runs, rows } of blocks) {
      let here = 0;
      for (const row of rows) {
        const fit =
          all ||
          (chosen.every((one) => fits(row, header, one)) && wanted.every((word) => textOf(row, header).includes(word)));
        row.hidden = !fit;
        here += fit;
      }
      for (const run of runs) run.hidden = !run.querySelector("[data-k]:not([hidden])");
      block.hidden = rows.length > 0 && here === 0;
      shown += here;
    }
    count.textContent = shown === total ? `all ${total} rules, chains and policies shown` : `${shown} of ${total} rules, chains and policies shown`;
  };

  // A link to a rule that the filter hides, or a fold, shows it all the same.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const hidden = target.closest("[hidden]");
    if (hidden) {
      form.reset();
      found?.reset();
      apply();
    }
    const fold = target.closest("details:not([open])");
    if (fold) fold.open = true;
    if (hidden || fold) target.scrollIntoView();
  };

  // Findings have a filter of their own.
  const found = document.getElementById("found-filter");
  if (found) {
    const items = Array.from(document.querySelectorAll(".found > [data-severity]"));
    const named = Array.from(document.querySelectorAll(".alike li"));
    const lists = Array.from(document.querySelectorAll(".alike"));
    const [said, severity, reach, number] = ["text", "severity", "reach", "count"].map((name) =>
      document.getElementById(`found-${name}`),
    );
    const choose = () => {
      const wanted = said.value.toLowerCase().split(/\s+/).filter(Boolean);
      const all = !(wanted.length || severity.value || reach.value);
      let shown = 0;
      for (const item of [...items, ...named]) {
        const fit =
          (!severity.value || item.dataset.severity === severity.value) &&
          (!reach.value || item.dataset.reach === reach.value) &&
          wanted.every((word) => item.textContent.toLowerCase().includes(word));
        item.hidden = !fit;
        shown += fit;
      }
      for (const list of lists) {
        list.hidden = !list.querySelector("li:not([hidden])");
        list.open = !all && !list.hidden;
      }
      const total = `${found.dataset.total} findings`;
      number.textContent = all ? `${total}, ${items.length} of them in full` : `${shown} of ${total}`;
    };
    found.addEventListener("input", choose);
    found.addEventListener("submit", (event) => event.preventDefault());
    found.addEventListener("reset", () => setTimeout(choose));
    found.hidden = false;
    choose();
  }

  // A command is copied whole, where the browser lets a page do that.
  if (navigator.clipboard) {
    for (const command of document.querySelectorAll(".command")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "Copy";
      button.addEventListener("click", () =>
        navigator.clipboard.writeText(command.querySelector("code").textContent).then(
          () => (button.textContent = "Copied"),
          () => (button.textContent = "Not allowed"),
        ),
      );
      command.append(button);
    }
  }

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
  count.textContent = `all ${total} rules, chains and policies shown`;
  reveal();
})();
