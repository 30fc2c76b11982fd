// Places the day's entry after this script's own tag. No cookie, nothing counted, nothing kept.
(function (script) {
  "use strict";
  var archive = "https://dose.example.org/archive/";
  var place = document.createElement("div");
  var link = document.createElement("a");
  link.href = archive;
  link.textContent = "Daily Dose: View Archive";
  place.appendChild(link);
  script.parentNode.insertBefore(place, script.nextSibling);
  if (!window.fetch || !place.attachShadow) return;
  fetch("https://dose.example.org/box", { credentials: "omit", referrerPolicy: "no-referrer" })
    .then(function (answer) {
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    })
    .then(function (text) {
      var page = new DOMParser().parseFromString(text, "text/html");
      var box = page.querySelector(".box");
      var style = page.querySelector("style");
      if (!box || !style) return;
      var root = place.attachShadow({ mode: "open" });
      try {
        // A sheet made here is allowed even where the page's policy refuses style elements.
        var sheet = new CSSStyleSheet();
        sheet.replaceSync(style.textContent);
        root.adoptedStyleSheets = [sheet];
      } catch (old) {
        root.appendChild(style);
      }
      var inner = document.createElement("section");
      inner.setAttribute("aria-label", "Daily Dose");
      inner.className = "box";
      inner.lang = box.lang;
      inner.dir = box.dir;
      while (box.firstChild) inner.appendChild(box.firstChild);
      root.appendChild(inner);
    })
    .catch(function () {}); // the link stays
})(document.currentScript);
