// The web page's own script: a key that searches, forms that prove where they come from, news as it comes.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  document.getElementById("search").focus();
});

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = document.querySelector("meta[name=csrf]").content;
});

// News as it comes. A page listens while it is looked at; what it shows changes only when its reader says so.
(() => {
  const pulse = document.getElementById("pulse");
  if (!pulse) return;
  const told = document.getElementById("told");
  const rate = pulse.querySelector(".rate");
  const newer = pulse.querySelector(".newer");
  const FIRST = 1000, LONGEST = 60000;
  let source = null, timer = 0, pause = FIRST, stamp = pulse.dataset.stamp, trouble = "", news = "";

  const broken = (why) => {
    pulse.classList.toggle("broken", why !== "");
    if (why) rate.textContent = why;
  };

  const say = () => {
    const open = told.querySelector("details")?.open;
    told.hidden = !trouble && !news;
    told.innerHTML = news; // made and escaped by the server (web/news.html)
    if (trouble) {
      const line = document.createElement("p");
      line.textContent = `These numbers are not kept fresh: ${trouble}`;
      told.prepend(line);
    }
    if (open) told.querySelector("details")?.setAttribute("open", "");
  };

  const offer = () => { // where something is told, it says how to see it
    newer.hidden = stamp === pulse.dataset.stamp || news !== "";
  };

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };

  const listen = () => {
    close();
    if (document.hidden) return;
    source = new EventSource(`/live?stamp=${encodeURIComponent(pulse.dataset.stamp)}`);
    source.addEventListener("pulse", (event) => {
      const one = JSON.parse(event.data);
      pause = FIRST;
      rate.textContent = one.rate ?? "";
      rate.title = `${one.observed.toLocaleString("en-US")} observed, the latest picture as of ${one.asof}`;
      broken(one.trouble ? "not fresh" : "");
      stamp = one.stamp;
      for (const place of document.querySelectorAll("[data-live=observed]")) {
        place.textContent = one.observed.toLocaleString("en-US");
      }
      if (one.trouble !== trouble) {
        trouble = one.trouble;
        say();
      }
      offer();
    });
    source.addEventListener("arrived", (event) => {
      news = JSON.parse(event.data).html;
      say();
      offer();
    });
    source.addEventListener("error", () => {
      close(); // a browser of its own accord tries again at once, and for ever
      broken("no connection");
      timer = setTimeout(listen, pause);
      pause = Math.min(2 * pause, LONGEST);
    });
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-show]")) return;
    event.preventDefault();
    location.reload(); // the browser keeps the place on the page
  });
  document.addEventListener("visibilitychange", listen);
  window.addEventListener("pagehide", close); // an open line keeps a page out of the back/forward cache
  window.addEventListener("pageshow", listen);
})();
