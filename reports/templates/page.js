"use strict";
(function () {
  var all = function (q, from) { return Array.prototype.slice.call((from || document).querySelectorAll(q)); };
  var cards = all("details.card");
  function reveal() {
    var place = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var at = place; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (place) place.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();
  var closed = [];
  addEventListener("beforeprint", function () { closed = all("details:not([open])"); closed.forEach(function (d) { d.open = true; }); });
  addEventListener("afterprint", function () { closed.forEach(function (d) { d.open = false; }); });
  all("pre.copy").forEach(function (pre) {
    if (!navigator.clipboard) return;
    var button = document.createElement("button");
    button.type = "button"; button.className = "copy"; button.textContent = "Copy";
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(pre.textContent).then(function () {
        button.textContent = "Copied"; setTimeout(function () { button.textContent = "Copy"; }, 1500);
      }, function () { button.textContent = "Copy failed"; });
    });
    pre.before(button);
  });
  var form = document.getElementById("filter");
  if (!form) return;
  var words = document.getElementById("words"), count = document.getElementById("count"), toggle = document.getElementById("all");
  var texts = cards.map(function (c) { return c.querySelector("summary").textContent.toLowerCase(); });
  function filter() {
    var wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    var levels = all("input[name=level]:checked", form).map(function (i) { return i.value; });
    cards.forEach(function (c, i) {
      var fits = levels.indexOf(c.dataset.level) >= 0 && wanted.every(function (w) { return texts[i].indexOf(w) >= 0; });
      c.hidden = !fits; shown += fits;
    });
    count.textContent = shown + " of " + cards.length + " shown";
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", function (e) { e.preventDefault(); });
  toggle.addEventListener("click", function () {
    var open = toggle.textContent === "Open all";
    cards.forEach(function (c) { c.open = open; });
    toggle.textContent = open ? "Close all" : "Open all";
  });
  form.hidden = false; filter();
})();
