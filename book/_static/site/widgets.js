// Widgets in a page without a kernel. Runs before MathJax and Jupyter's embed-amd.js, only where there are widgets.
(() => {
  if (window.MathJax) {
    // Jupyter's code asks for formulas in the words of MathJax 2.
    window.MathJax.startup.ready = () => {
      MathJax.Hub = {
        Queue: (call) => Array.isArray(call) && call[0] === "Typeset" && MathJax.typesetPromise?.([call[2]]),
      };
      MathJax.startup.defaultReady();
    };
  }

  // What Jupyter's controls don't say to a screen reader: their names, and what is seen at a position.
  const PLAY = ["Play or pause", "Back to the start", "Repeat"];
  const set = (node, name, value) => value && node.getAttribute(name) !== value && node.setAttribute(name, value);
  const text = (node) => node?.textContent.replace(/\s+/g, " ").trim();
  const describe = () => {
    for (const box of document.querySelectorAll(".ag-explore")) {
      const slider = box.querySelector(".noUi-handle")?.closest(".widget-inline-hbox");
      const knob = text(slider?.querySelector(".widget-label"));
      set(box, "role", "group");
      set(box, "aria-label", knob && `Explorable: ${knob}`);
      for (const handle of box.querySelectorAll(".noUi-handle")) {
        set(handle, "aria-label", knob);
        const position = text(handle.closest(".widget-inline-hbox").querySelector(".widget-readout"));
        const seen = text(box.querySelector(".ag-readout"));
        set(handle, "aria-valuetext", [position, seen].filter(Boolean).join(". "));
      }
      box.querySelectorAll(".widget-play button, .jupyter-widget-play button").forEach((button, place) => {
        set(button, "aria-label", `${PLAY[place] ?? "Control"}: ${knob}`);
      });
    }
  };
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      describe();
    });
  }).observe(document.documentElement, { childList: true, subtree: true, characterData: true });
})();
