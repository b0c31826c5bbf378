"""What must hold on any page of the book: functions of an open page, which assert it."""

import re
from pathlib import Path
from typing import Any

from built_book import HTML, unavailable
from playwright.sync_api import Locator, Page

TITLE = "Autograd Lab"
RAW_TEX = re.compile(r"\$\$|\\\(|\\\[|\\begin\{|\\frac")
FILE_NAME = re.compile(r"[0-9a-f]{16}|\.(png|svg)$")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
TOUCH = {"viewport": PHONE, "has_touch": True}  # a context of the browser
# The theme decides 300 ms after a change of size which frames a key can reach. A page's timers fire in order,
# however busy it is.
SETTLE = """() => new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 350))))"""

# TeX that MathJax could not read, and a macro that it does not know, which it shows in red.
MISTAKE = "mjx-merror, [data-mjx-error], mjx-container mtext[mathcolor='red']"
# What a reader sees; code shows TeX on purpose, and MathJax keeps a hidden copy for screen readers.
VISIBLE_TEXT = """() => {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll("pre, code, script, style, mjx-container").forEach(node => node.remove());
  return copy.textContent;
}"""


def speaks_english_and_shows_formulas(page: Page, name: str) -> None:
    """The title, the language, and every formula typeset."""
    source = (HTML / name).read_text(encoding="utf-8")
    assert TITLE in page.title()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("mjx-container").count() >= source.count('class="math notranslate')
    assert page.locator(MISTAKE).count() == 0
    left = RAW_TEX.search(page.evaluate(VISIBLE_TEXT))
    assert left is None, f"raw TeX on the page: {left}"


ALT_TEXTS = "() => [...document.querySelectorAll('article img')].map(image => image.getAttribute('alt'))"
NAMELESS_SVG = """() => [...document.querySelectorAll("article svg")]
  .filter(svg => !svg.closest("mjx-container, button, a"))
  .filter(svg => !svg.matches("[aria-label], [aria-hidden], :has(title)"))
  .map(svg => svg.outerHTML.slice(0, 120))"""


def names_its_pictures(page: Page) -> None:
    """The heading is in the title of the browser's tab, and every picture says in words what it shows."""
    assert page.locator("article h1").count() == 1
    heading = page.locator("article h1").evaluate("h => h.textContent").removesuffix("#")
    assert page.title() == f"{heading} — {TITLE}"
    assert [alt for alt in page.evaluate(ALT_TEXTS) if not alt or FILE_NAME.search(alt)] == []
    assert page.evaluate(NAMELESS_SVG) == []


SHIFT = """() => new Promise(resolve => { let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(entry => sum += entry.value))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(sum), 200); })"""


def kept_still_while_loading(page: Page) -> None:
    """The place of pictures and displayed formulas is kept free (cumulative layout shift; below 0.1 is good).

    A formula in a line may still make its paragraph a line shorter when it is typeset.
    """
    assert page.evaluate(SHIFT) < 0.1
    assert page.locator("article img:not([height])").count() == 0


FOLDS = """() => [...document.querySelectorAll("article details > summary, article button.toggle-button")]
  .filter(fold => fold.checkVisibility() && (fold.tabIndex < 0 ||
    !(fold.innerText.trim() || fold.getAttribute("aria-label"))))
  .map(fold => fold.outerHTML.slice(0, 160))"""


def folds_by_keyboard(page: Page) -> None:
    """Each folded part has a name, and opens and closes by a key."""
    assert page.evaluate(FOLDS) == []
    first = page.locator("article details").first
    if first.count():
        first.locator("summary").focus()
        for key, state in [("Enter", True), ("Space", False)]:
            page.keyboard.press(key)
            assert first.evaluate("fold => fold.open") is state


MOVING = """() => [...document.querySelectorAll("*")]
  .flatMap(node => [null, "::before", "::after"].map(part => getComputedStyle(node, part)))
  .filter(style => style.scrollBehavior === "smooth" ||
    [style.transitionDuration, style.animationDuration].some(
      times => times.split(", ").some(time => parseFloat(time) > 0.001)))
  .length"""


def respects_reduced_motion(page: Page) -> None:
    """A reader who asked for less motion sees none."""
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0


ASIDE = (".bd-sidebar-primary", ".bd-sidebar-secondary", ".bd-header-article", ".prev-next-footer")
FOLDED = "document.querySelectorAll('article details:not([open])').length"


def prints_well(page: Page) -> None:
    """From the dark theme: no sidebar, full width, dark on white, code wrapped, answers unfolded."""
    page.set_viewport_size({"width": 720, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    for hidden in ASIDE:
        assert not page.locator(f"{hidden}:visible").count(), hidden
    for button in page.locator("button:visible").all():
        assert button.evaluate("b => !!b.closest('article .cell_output')"), button.inner_text()
    article = page.locator("article").bounding_box()
    assert article is not None
    assert article["x"] <= 24
    assert article["width"] >= 720 - 48
    for node in ("body", "article p"):
        assert page.locator(node).first.evaluate("n => getComputedStyle(n).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    wide = "all => all.filter(pre => pre.scrollWidth > pre.clientWidth + 1).map(pre => pre.innerText)"
    assert page.locator("article pre:visible").evaluate_all(wide) == []
    before = page.evaluate(FOLDED)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(FOLDED) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(FOLDED) == before


# Folded answers and solutions are judged too.
UNFOLD = "() => document.querySelectorAll('article details').forEach(fold => fold.open = true)"
# A button that the theme shows to who scrolls up.
TO_TOP = "() => document.querySelector('#pst-back-to-top')?.style.setProperty('display', 'block')"
# What is wider than its frame, and no frame around it that a key could scroll.
STUCK = """() => [...document.querySelectorAll("article *")]
  .filter(box => ["auto", "scroll"].includes(getComputedStyle(box).overflowX))
  .filter(box => box.scrollWidth > box.clientWidth + 1 && box.clientWidth > 0)
  .filter(box => box.tabIndex < 0 && !box.querySelector("a[href], button, input, [tabindex='0']"))
  .map(box => box.outerHTML.slice(0, 160))"""


def fits_a_phone(page: Page) -> None:
    """The page never scrolls sideways; what is too wide does, in a frame that a keyboard reaches."""
    page.set_viewport_size(PHONE)
    page.emulate_media(media="screen")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.evaluate(UNFOLD)
    page.evaluate(SETTLE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for _ in range(20):  # on a busy machine the theme takes its time with a long page
        if not page.evaluate(STUCK):
            break
        page.wait_for_timeout(250)
    assert page.evaluate(STUCK) == []


# Contrast of every visible text with the ground of the nearest ancestor that has one.
FAINT = """root => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = color => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return a === 0 ? null : 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  };
  const ground = node => light(getComputedStyle(node).backgroundColor) ?? ground(node.parentElement);
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const faint = [];
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || node.closest("svg, style, script, option")) continue;
    const pair = [light(getComputedStyle(node).color), ground(node)].sort((a, b) => b - a);
    if ((pair[0] + 0.05) / (pair[1] + 0.05) < 4.5) faint.push(walker.currentNode.data);
  }
  return faint;
}"""


def is_legible(part: Locator) -> None:
    """Every text in a part of a page stands out from its ground; drawings are left to the unit tests."""
    assert part.evaluate(FAINT) == []


AXE = Path(__file__).resolve().parents[2] / "book/tools/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The rules that a change of theme can break; all others look at what themes have in common.
COLOURS = ["color-contrast", "link-in-text-block"]
RUN = """rules => axe.run({runOnly: rules, resultTypes: ["violations"]}).then(result => result.violations)"""
# Thousands of elements that are all alike take axe most of its time. What stays of them: each formula as one
# text, and in code one word of each colour on each ground.
SHORTEN = """() => {
  document.querySelectorAll("mjx-container > svg").forEach(svg => svg.replaceChildren());
  document.querySelectorAll("mjx-container math").forEach(math => math.replaceChildren(math.textContent));
  const seen = new Set();
  for (const word of document.querySelectorAll(".highlight pre span")) {
    const place = word.closest(".cell_input, .cell_output, .admonition, td, li")?.className;
    const key = [word.className, getComputedStyle(word.closest(".highlight")).backgroundColor, place].join();
    if (!word.className || seen.has(key)) word.replaceWith(...word.childNodes);
    seen.add(key);
  }
  document.querySelectorAll(".highlight pre").forEach(code => code.normalize());
}"""
# Resolves when no colour is on its way to another one any more.
SWITCH = """async theme => {
  Object.assign(document.documentElement.dataset, {theme, mode: theme});
  await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  await Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => {})));
}"""


def words(violation: dict[str, Any], where: str) -> str:
    """Say what is wrong, and in which elements."""
    nodes = "".join(
        f"\n    {node['target']} {node['html'][:160]}\n      {node['failureSummary']}"
        for node in violation["nodes"][:5]
    )
    return f"{where}: {violation['id']}, {violation['help']} ({len(violation['nodes'])}){nodes}"


def satisfies_axe(page: Page) -> None:
    """WCAG 2.2 AA and best practice, in two themes and at two widths. Changes the page: run it last."""
    if not AXE.exists():
        unavailable("no axe-core; install it: make assets")
    page.emulate_media(media="screen")
    page.evaluate(UNFOLD)
    page.evaluate(TO_TOP)
    page.evaluate(SHORTEN)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for size, themes in [(PHONE, ("dark", "light")), (WIDE, ("light", "dark"))]:
        page.set_viewport_size(size)
        page.evaluate(SETTLE)
        for theme, rules in zip(themes, (TAGS, COLOURS), strict=True):
            page.evaluate(SWITCH, theme)
            where = f"{theme}, {size['width']} px"
            found += [words(violation, where) for violation in page.evaluate(RUN, rules)]
    assert not found, "\n".join(found)
