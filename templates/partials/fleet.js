(() => {
  "use strict";
  const data = document.getElementById("hosts");
  if (!data) return;
  const hosts = JSON.parse(data.textContent);
  const words = document.getElementById("words");
  const shown = document.getElementById("shown");
  const hits = document.getElementById("hits");
  const most = 100;
  const search = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = wanted.length ? hosts.filter(([text]) => wanted.every((word) => text.toLowerCase().includes(word))) : [];
    hits.replaceChildren(...found.slice(0, most).map(([text, to]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = to;
      link.textContent = text;
      item.append(link);
      return item;
    }));
    shown.textContent = wanted.length ? `${found.length} of ${hosts.length} hosts${found.length > most ? `, the first ${most} shown` : ""}` : `${hosts.length} hosts`;
  };
  words.addEventListener("input", search);
  document.getElementById("filter").hidden = false;
  search();
})();
