// Places the day's entry after this script's own tag. No cookie, nothing counted, nothing kept.
(function (script) {
  "use strict";
  if (!script) return; // a module has no place
  var place = document.createElement("div");
  var link = document.createElement("a");
  link.href = "https://dose.example.org/archive/";
  link.textContent = "Daily Dose: View Archive";
  place.appendChild(link);
  script.parentNode.insertBefore(place, script.nextSibling);
  if (!window.fetch || !place.attachShadow) return;
  fetch("https://dose.example.org/box", { credentials: "omit", referrerPolicy: "no-referrer" })
    .then(function (answer) {
      if (!answer.ok) throw answer.status;
      return answer.text();
    })
    .then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html");
      var box = page.querySelector(".box");
      var style = page.querySelector("style");
      if (!box || !style) return;
      var root = place.attachShadow({ mode: "open" });
      try {
        // Allowed even where the page's policy refuses style elements.
        var sheet = new CSSStyleSheet();
        sheet.replaceSync(style.textContent);
        root.adoptedStyleSheets = [sheet];
      } catch (old) {
        root.appendChild(style);
      }
      var inner = document.createElement("section");
      var theme = script.dataset.theme;
      var dir = script.dataset.dir;
      inner.setAttribute("aria-label", "Daily Dose");
      inner.className = /^(light|dark)$/.test(theme) ? "box box--" + theme : "box";
      inner.lang = box.lang;
      inner.dir = /^(ltr|rtl)$/.test(dir) ? dir : box.dir;
      while (box.firstChild) inner.appendChild(box.firstChild);
      root.appendChild(inner);
    })
    .catch(function () {}); // the link stays
})(document.currentScript);
