// Scripts of megabytes wait until a reader has the page before them: lean_pages.py has given them the type "later".
(() => {
  const load = () => {
    for (const waiting of document.querySelectorAll('script[type="later"]')) {
      const script = document.createElement("script");
      for (const { name, value } of waiting.attributes) if (name !== "type") script.setAttribute(name, value);
      script.async = false; // in their order
      waiting.replaceWith(script);
    }
  };
  // A tab in the background is not painted.
  document.hidden ? load() : requestAnimationFrame(() => requestAnimationFrame(load));
})();
