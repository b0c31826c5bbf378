// MathJax typesets a whole page in one go and holds the reader up for as long as that takes. So: a few formulas at a time,
// from the top, with a pause in which the page answers to clicks and keys.
window.formulasTypeset = new Promise((done) => {
  window.MathJax.startup = {
    pageReady: async () => {
      const formulas = [...document.querySelectorAll(".math")];
      while (formulas.length) {
        await MathJax.typesetPromise(formulas.splice(0, 4));
        await new Promise((resume) => setTimeout(resume));
      }
      await MathJax.typesetPromise(); // what stands outside of these, as in the output of a cell
      done();
    },
  };
});
