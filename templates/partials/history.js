(() => {
  "use strict";
  const words = document.getElementById("words");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("[data-row]")].map((row) => [row, row.textContent.toLowerCase()]);
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const [row, text] of rows) {
      row.hidden = !wanted.every((word) => text.includes(word));
      count += row.hidden ? 0 : 1;
    }
    shown.textContent = wanted.length ? `${count} of ${rows.length} shown` : `all ${rows.length} shown`;
  };
  if (!rows.length) return;
  document.getElementById("filter").hidden = false;
  words.addEventListener("input", show);
  show();
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target || !target.hidden) return;
    words.value = "";
    show();
    target.scrollIntoView();
  });
})();
