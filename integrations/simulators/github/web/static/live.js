// Keeps the page current without losing what somebody is typing or has folded.
const main = document.getElementById("main");
let version = null;

function busy() {
  const typing = [...main.querySelectorAll("textarea, input:not([type=hidden])")].some((e) => e.value);
  return typing || main.contains(document.activeElement) || document.hidden || !getSelection().isCollapsed;
}

async function refresh() {
  if (!busy()) {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer && answer.ok) {
      const next = answer.headers.get("X-Page-Version");
      if (version !== null && next !== version && !busy()) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        main.replaceChildren(...page.getElementById("main").childNodes);
      }
      version = next;
    }
  }
  setTimeout(refresh, 2000);
}
setTimeout(refresh, 2000);
