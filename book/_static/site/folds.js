// Answers and solutions that are folded away.

// The theme lets a key reach code that is wider than its frame, and looks at the width again after a change of size only.
document.addEventListener("toggle", () => dispatchEvent(new Event("resize")), true);

// On paper nothing can be unfolded: open all for the printer, and close them again.
const opened = [];
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("article details:not([open])")) {
    fold.open = true;
    opened.push(fold);
  }
});
addEventListener("afterprint", () => {
  for (const fold of opened.splice(0)) fold.open = false;
});
