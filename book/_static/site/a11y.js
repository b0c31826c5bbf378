// What the theme leaves undone for people who use a screen reader or their voice.
document.addEventListener("DOMContentLoaded", () => {
  // A button's accessible name must contain the words that are visible on it (WCAG 2.5.3).
  for (const button of document.querySelectorAll(".search-button__button[aria-label]")) {
    const visible = button.textContent.replace(/\s+/g, " ").trim();
    if (visible) button.setAttribute("aria-label", visible);
  }
  // The book's name stands in the sidebar outside of every landmark.
  for (const logo of document.querySelectorAll(".sidebar-primary-item > .navbar-brand.logo")) {
    logo.parentElement.setAttribute("role", "navigation");
    logo.parentElement.setAttribute("aria-label", "Book home");
  }
});
