// Times in the reader's zone, folds that stay open across updates, and an honest word about how live the page is.
(function () {
  "use strict";
  var live = document.getElementById("live");
  var lastHeard = new Date();
  var opened = {};

  function localTimes(root) {
    root.querySelectorAll("time[datetime]").forEach(function (node) {
      var at = new Date(node.getAttribute("datetime"));
      if (isNaN(at)) return;
      var today = at.toDateString() === new Date().toDateString();
      node.title = at.toISOString();
      node.textContent = today
        ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })
        : at.toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    });
  }

  function say(state, text) {
    if (!live) return;
    if (live.dataset.state === state && state !== "stale") return;
    live.dataset.state = state;
    live.querySelector("b").textContent = text;
  }

  function rememberFolds() {
    document.querySelectorAll("details[id]").forEach(function (node) { opened[node.id] = node.open; });
  }

  function restoreFolds() {
    document.querySelectorAll("details[id]").forEach(function (node) {
      if (node.id in opened) node.open = opened[node.id];
    });
  }

  document.body.addEventListener("htmx:beforeSwap", rememberFolds);
  document.body.addEventListener("htmx:afterSettle", function () { restoreFolds(); localTimes(document); });
  document.body.addEventListener("htmx:afterRequest", function (event) {
    if (event.detail.successful) { lastHeard = new Date(); say("live", "Live"); }
    else say("stale", "Reconnecting, data from " + lastHeard.toLocaleTimeString([], { hourCycle: "h23" }));
  });
  localTimes(document);
  say("live", "Live");
})();
