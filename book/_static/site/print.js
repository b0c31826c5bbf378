// On paper nothing can be unfolded: open every answer and solution for the printer, and close it again.
const folds = () => document.querySelectorAll("article details:not([open])");
const opened = [];
addEventListener("beforeprint", () => {
  for (const fold of folds()) {
    fold.open = true;
    opened.push(fold);
  }
});
addEventListener("afterprint", () => {
  for (const fold of opened.splice(0)) fold.open = false;
});
