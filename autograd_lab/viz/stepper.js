// The player of a backward pass: shows one step of the list, and the drawing as it is in that step.
// Each player brings this script along and has no ids, so that a page may hold many players, and one twice.
(() => {
  "use strict";
  const PAUSE = 2600;
  const all = (node, css) => Array.from(node.querySelectorAll(css));

  function start(player) {
    player.setAttribute("data-ready", "");
    const steps = all(player, ".ag-steps > li");
    const last = steps.length - 1;
    const [back, play, next] = all(player, ".ag-controls button");
    const slider = player.querySelector("input");
    const count = player.querySelector(".ag-count");
    const say = player.querySelector(".ag-say");
    const frame = player.querySelector(".ag-frame");
    const [flows, vertices, phases] = ["[data-at]", ".ag-vertex", ".ag-phase"].map(css => all(player, css));
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    let now = 0;
    let timer = 0;

    function show(step, aloud) {
      now = Math.max(0, Math.min(last, step));
      steps.forEach((li, index) => li.classList.toggle("ag-now", index === now));
      flows.forEach(flow => flow.classList.toggle("ag-on", Number(flow.dataset.at) === now));
      vertices.forEach(vertex => {
        const fires = Number(vertex.dataset.fire || last);
        vertex.classList.toggle("ag-fire", fires === now && fires < last);
        vertex.classList.toggle("ag-done", fires < now);
        vertex.classList.toggle("ag-get", (vertex.dataset.get || "").split(" ").includes(String(now)));
      });
      phases.forEach(phase => {
        const [first, until] = phase.dataset.span.split(" ").map(Number);
        const shown = first <= now && now <= until;
        shown ? phase.removeAttribute("display") : phase.setAttribute("display", "none");
        if (shown) phase.parentNode.setAttribute("data-g", phase.dataset.g);
      });
      const place = "Step " + (now + 1) + " of " + steps.length;
      count.textContent = place;
      slider.value = now;
      slider.setAttribute("aria-valuetext", place + ": " + steps[now].dataset.title);
      back.setAttribute("aria-disabled", now === 0);
      next.setAttribute("aria-disabled", now === last);
      if (aloud) say.textContent = place + ". " + steps[now].dataset.say;
      reveal();
    }

    // Scroll a drawing that is wider than the page to where something happens.
    function reveal() {
      const busy = all(frame, ".ag-fire, .ag-get").map(node => node.getBoundingClientRect());
      if (!busy.length || frame.scrollWidth <= frame.clientWidth) return;
      const box = frame.getBoundingClientRect();
      const left = Math.min(...busy.map(rect => rect.left)) - box.left;
      const right = Math.max(...busy.map(rect => rect.right)) - box.left;
      if (left >= 0 && right <= box.width) return;
      const by = (left + right - box.width) / 2;
      frame.scrollBy({ left: by, behavior: still.matches ? "auto" : "smooth" });
    }

    function stop() {
      clearInterval(timer);
      timer = 0;
      play.classList.remove("ag-playing");
      play.lastElementChild.textContent = "Play";
      play.querySelector("path").setAttribute("d", "M2 0v12l9-6z");
    }

    function go(step) {
      stop();
      if (Math.max(0, Math.min(last, step)) !== now) show(step, true);
    }

    back.addEventListener("click", () => go(now - 1));
    next.addEventListener("click", () => go(now + 1));
    slider.addEventListener("input", () => go(Number(slider.value)));
    play.addEventListener("click", () => {
      if (timer) return stop();
      show(now === last ? 0 : now + 1, true);
      timer = setInterval(() => {
        if (!player.isConnected) return stop();
        show(now + 1, true);
        if (now === last) stop();
      }, PAUSE);
      play.classList.add("ag-playing");
      play.lastElementChild.textContent = "Pause";
      play.querySelector("path").setAttribute("d", "M1 0h3.5v12H1zM7.5 0H11v12H7.5z");
    });
    player.addEventListener("keydown", event => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      // A drawing that can be scrolled keeps its arrow keys for that.
      if (event.target === frame && frame.scrollWidth > frame.clientWidth) return;
      const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      go(to);
    });

    slider.max = last;
    player.classList.add("ag-live");
    player.querySelector(".ag-controls").hidden = false;
    show(0, false);
  }

  const here = document.currentScript && document.currentScript.closest(".ag-player");
  (here ? [here] : all(document, ".ag-player")).filter(it => !it.hasAttribute("data-ready")).forEach(start);
})();
