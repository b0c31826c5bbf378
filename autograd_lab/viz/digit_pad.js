// A pad to draw on and the network that reads it: all that happens to a drawing happens in this script.
// Each pad brings it along and has no ids, so that a page may hold several pads, and one twice.
(() => {
  "use strict";
  // The pad has SIZE × SIZE points of ink, the network's image SIDE × SIDE pixels.
  const SIZE = 280, SIDE = 28, CELL = SIZE / SIDE, BOX = 20;
  const PEN = 11.5;
  const INK = 0.2;
  const base64 = text => Uint8Array.from(atob(text), character => character.charCodeAt(0));
  const floats = text => new Float32Array(base64(text).buffer);
  const percent = p => (p > 0.9995 ? "> 99.9" : p < 0.0005 ? "< 0.1" : (100 * p).toFixed(1)) + " %";

  // ---------------------------------------------------------------- the network

  // Two characters of base64 are the twelve bits of a whole number q; the weight is q times its column's scale.
  function decode(layer) {
    if (layer.kind === "relu") return layer;
    const [rows, columns] = layer.shape;
    const values = new Int16Array(128);
    [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].forEach((character, value) => {
      values[character.charCodeAt(0)] = value;
    });
    const scale = floats(layer.scale);
    const weight = new Float64Array(rows * columns);
    for (let n = 0; n < weight.length; n++) {
      const q = 64 * values[layer.weight.charCodeAt(2 * n)] + values[layer.weight.charCodeAt(2 * n + 1)] - 2048;
      weight[n] = q * scale[n % columns];
    }
    return { kind: "linear", rows, columns, weight, bias: floats(layer.bias) };
  }

  // The scores of one image, and what each layer was given: backward needs that.
  function forward(layers, pixels) {
    const given = [];
    let x = Float64Array.from(pixels);
    for (const layer of layers) {
      given.push(x);
      if (layer.kind === "relu") {
        x = x.map(value => Math.max(value, 0));
        continue;
      }
      // out = x @ w + b
      const out = Float64Array.from(layer.bias);
      for (let i = 0; i < layer.rows; i++) {
        if (x[i] === 0) continue;
        for (let j = 0, n = i * layer.columns; j < layer.columns; j++, n++) out[j] += x[i] * layer.weight[n];
      }
      x = out;
    }
    return { scores: x, given };
  }

  // Shifted by the largest score, which changes nothing on paper: no exponential overflows.
  function softmax(scores) {
    const top = Math.max(...scores);
    const powers = scores.map(score => Math.exp(score - top));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map(power => power / sum);
  }

  // The VJPs of the layers, from the last to the first.
  function backward(layers, given, cotangent) {
    let g = cotangent;
    for (let n = layers.length - 1; n >= 0; n--) {
      const layer = layers[n], x = given[n];
      if (layer.kind === "relu") {
        // ReLU: g where x > 0, else 0.
        g = g.map((value, i) => (x[i] > 0 ? value : 0));
        continue;
      }
      // Matrix product: g @ w.T
      const out = new Float64Array(layer.rows);
      for (let i = 0, m = 0; i < layer.rows; i++) {
        for (let j = 0; j < layer.columns; j++, m++) out[i] += g[j] * layer.weight[m];
      }
      g = out;
    }
    return g;
  }

  // Probabilities of the ten digits, and the gradient of log p of one of them, the likeliest unless told.
  function classify(layers, pixels, digit) {
    const { scores, given } = forward(layers, pixels);
    const probabilities = softmax(scores);
    const answer = probabilities.indexOf(Math.max(...probabilities));
    const wanted = digit === undefined ? answer : digit;
    // The cross entropy's gradient is p - y; that of log p is minus it.
    const gradient = backward(layers, given, probabilities.map((p, j) => (j === wanted ? 1 : 0) - p));
    return { scores, probabilities, answer, digit: wanted, gradient };
  }

  // ---------------------------------------------------------------- from the drawing to 28 × 28 pixels

  // A piece of a stroke from a to b: ink is 1 within PEN points of it, with one point of grey at the edge.
  function stamp(ink, [ax, ay], [bx, by]) {
    const reach = PEN + 1;
    const between = (low, high) => [Math.max(Math.floor(low - reach), 0), Math.min(Math.ceil(high + reach), SIZE)];
    const [left, right] = between(Math.min(ax, bx), Math.max(ax, bx));
    const [top, bottom] = between(Math.min(ay, by), Math.max(ay, by));
    const dx = bx - ax, dy = by - ay, square = dx * dx + dy * dy;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const px = x + 0.5 - ax, py = y + 0.5 - ay;
        const t = square ? Math.min(Math.max((px * dx + py * dy) / square, 0), 1) : 0;
        const value = Math.min(Math.max(PEN + 0.5 - Math.hypot(px - t * dx, py - t * dy), 0), 1);
        if (value > ink[y * SIZE + x]) ink[y * SIZE + x] = value;
      }
    }
  }

  // To the even neighbour from the middle between two whole numbers, as Python rounds.
  function round(value) {
    const below = Math.floor(value), over = value - below;
    return below + (over > 0.5 || (over === 0.5 && below % 2 !== 0) ? 1 : 0);
  }

  // For each pixel of a line of `to` that is made from a line of `from`: where it begins and what it weighs there.
  // Area averages to make it smaller and linear interpolation to make it larger, as Pillow does either.
  function kernels(from, to, smaller) {
    const scale = from / to, wide = Math.max(scale, 1), support = smaller ? wide / 2 : wide;
    const shape = smaller ? t => (t > -0.5 && t <= 0.5 ? 1 : 0) : t => Math.max(1 - Math.abs(t), 0);
    return Array.from({ length: to }, (_, n) => {
      const centre = (n + 0.5) * scale;
      const first = Math.max(Math.trunc(centre - support + 0.5), 0);
      const last = Math.min(Math.trunc(centre + support + 0.5), from);
      const weights = Array.from({ length: last - first }, (_, m) => shape((m + first - centre + 0.5) / wide));
      const sum = weights.reduce((a, b) => a + b, 0);
      return { first, weights: weights.map(weight => weight / sum) };
    });
  }

  function resize(picture, rows, columns, toRows, toColumns, smaller) {
    const across = new Float32Array(rows * toColumns);
    kernels(columns, toColumns, smaller).forEach(({ first, weights }, x) => {
      for (let y = 0; y < rows; y++) {
        across[y * toColumns + x] = weights.reduce((sum, w, m) => sum + w * picture[y * columns + first + m], 0);
      }
    });
    const out = new Float32Array(toRows * toColumns);
    kernels(rows, toRows, smaller).forEach(({ first, weights }, y) => {
      for (let x = 0; x < toColumns; x++) {
        out[y * toColumns + x] = weights.reduce((sum, w, m) => sum + w * across[(first + m) * toColumns + x], 0);
      }
    });
    return out.map(value => Math.min(Math.max(value, 0), 1));
  }

  // As MNIST was made, and as_digit in autograd_lab/data/pictures.py makes it: cut the ink out, scale its longer
  // side to 20 pixels, and place it with its centre of mass at pixel 14 of 28.
  function asDigit(ink) {
    let top = SIZE, bottom = 0, left = SIZE, right = 0;
    for (let y = 0, n = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++, n++) {
        if (ink[n] <= INK) continue;
        top = Math.min(top, y);
        bottom = y + 1;
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
      }
    }
    if (bottom === 0) return null;
    const rows = bottom - top, columns = right - left, scale = BOX / Math.max(rows, columns);
    const strongest = ink.reduce((a, b) => Math.max(a, b), 0);
    const cut = new Float32Array(rows * columns);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) cut[y * columns + x] = ink[(top + y) * SIZE + left + x] / strongest;
    }
    const height = Math.max(round(rows * scale), 1), width = Math.max(round(columns * scale), 1);
    const small = resize(cut, rows, columns, height, width, scale < 1);
    let mass = 0, down = 0, along = 0;
    small.forEach((value, n) => {
      mass += value;
      down += value * Math.floor(n / width);
      along += value * (n % width);
    });
    const place = (centre, length) => Math.min(Math.max(round(SIDE / 2 - centre), 0), SIDE - length);
    const y0 = place(down / mass, height), x0 = place(along / mass, width);
    const out = new Float64Array(SIDE * SIDE);
    small.forEach((value, n) => {
      out[(y0 + Math.floor(n / width)) * SIDE + x0 + (n % width)] = value;
    });
    return out;
  }

  // Where it was drawn and as large: each pixel is the mean of its square.
  function asDrawn(ink) {
    const out = new Float64Array(SIDE * SIDE);
    ink.forEach((value, n) => {
      out[Math.floor(n / SIZE / CELL) * SIDE + Math.floor((n % SIZE) / CELL)] += value / (CELL * CELL);
    });
    return out.some(value => value > 0) ? out : null;
  }

  // ---------------------------------------------------------------- one pad

  function start(pad) {
    pad.setAttribute("data-ready", "");
    const find = css => pad.querySelector(css);
    const data = JSON.parse(find("script[type='application/json']").textContent);
    const [canvas, pen, say, verdict, choice] = [".ag-canvas", ".ag-pen", ".ag-say", ".ag-verdict", "select"].map(find);
    const [clear, undo, example] = [".ag-clear", ".ag-undo", ".ag-example"].map(find);
    const centred = find(".ag-check input");
    const seen = find(".ag-seen canvas"), slopes = find(".ag-slopes canvas");
    const rows = Array.from(pad.querySelectorAll(".ag-bars tr"));
    // What was done, in order: { points } of a stroke, { pixels, label } of a test digit, or {} for a cleared pad.
    const acts = [];
    const ink = new Float32Array(SIZE * SIZE);
    let layers = null;
    let stroke = null; // of the pointer or of the keys, while it is drawn
    let pointer = null;
    let down = false; // the pen that the keys move
    let at = [SIZE / 2, SIZE / 2];
    let examples = 0;
    let waiting = 0;
    let timer = 0;

    const network = () => layers || (layers = data.layers.map(decode));
    const last = () => acts[acts.length - 1];

    function replay() {
      ink.fill(0);
      acts.forEach(act => {
        if (act.points) act.points.forEach((point, n) => stamp(ink, act.points[Math.max(n - 1, 0)], point));
        else ink.forEach((_, n) => {
          const pixel = Math.floor(n / SIZE / CELL) * SIDE + Math.floor((n % SIZE) / CELL);
          ink[n] = act.pixels ? act.pixels[pixel] : 0;
        });
      });
    }

    // A test digit is handed on as it is, until somebody draws on it.
    function pixels() {
      if (last() && last().pixels) return last().pixels;
      return centred.checked ? asDigit(ink) : asDrawn(ink);
    }

    function paint(target, alpha) {
      const context = target.getContext("2d");
      const image = context.createImageData(target.width, target.height);
      for (let n = 0; n < alpha.length; n++) image.data[4 * n + 3] = Math.round(255 * alpha[n]);
      context.putImageData(image, 0, 0);
    }

    // Blue and + where ink helps, red and − where it hurts; the outline of the ink in grey.
    function paintSlopes(image, gradient) {
      const context = slopes.getContext("2d");
      const size = slopes.width / SIDE;
      const most = gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      context.clearRect(0, 0, slopes.width, slopes.height);
      gradient.forEach((slope, n) => {
        const strength = most ? Math.abs(slope) / most : 0;
        const x = (n % SIDE) * size, y = Math.floor(n / SIDE) * size;
        context.globalAlpha = strength;
        context.fillStyle = slope > 0 ? "#1f74d1" : "#d0381f";
        context.fillRect(x, y, size, size);
        if (strength < 0.4) return;
        context.globalAlpha = 1;
        context.clearRect(x + size / 4, y + size / 2 - 1, size / 2, 2);
        if (slope > 0) context.clearRect(x + size / 2 - 1, y + size / 4, 2, size / 2);
      });
      context.globalAlpha = 1;
      context.fillStyle = "#7d8794";
      const inked = (x, y) => x >= 0 && y >= 0 && x < SIDE && y < SIDE && image[y * SIDE + x] >= 0.5;
      for (let y = 0; y <= SIDE; y++) {
        for (let x = 0; x <= SIDE; x++) {
          if (inked(x, y) !== inked(x - 1, y)) context.fillRect(x * size - 1, y * size - 1, 2, size + 2);
          if (inked(x, y) !== inked(x, y - 1)) context.fillRect(x * size - 1, y * size - 1, size + 2, 2);
        }
      }
      return most;
    }

    function sentence(found) {
      const order = Array.from(found.probabilities.keys()).sort((a, b) => found.probabilities[b] - found.probabilities[a]);
      const told = digit => digit + ", " + percent(found.probabilities[digit]).replace(">", "over");
      const test = last() && last().pixels ? " The test set calls it a " + last().label + "." : "";
      if (found.probabilities[order[0]] > 0.6) return "This looks like a " + told(order[0]) + "." + test;
      return "Hard to say: perhaps a " + told(order[0]) + ", or a " + told(order[1]) + "." + test;
    }

    function answer() {
      waiting = 0;
      paint(canvas, ink);
      undo.setAttribute("aria-disabled", acts.length === 0);
      clear.setAttribute("aria-disabled", !ink.some(value => value > 0));
      const image = pixels();
      pad.classList.toggle("ag-empty", !image);
      paint(seen, image || new Float64Array(SIDE * SIDE));
      if (!image) {
        verdict.textContent = "Nothing is drawn yet.";
        rows.forEach(row => show(row, null));
        slopes.getContext("2d").clearRect(0, 0, slopes.width, slopes.height);
        find(".ag-scale").textContent = "";
        find(".ag-which").textContent = choice.value === "answer" ? "the answer" : "a " + choice.value;
        [seen, slopes].forEach(picture => picture.setAttribute("aria-label", "Nothing yet"));
        return;
      }
      const found = classify(network(), image, choice.value === "answer" ? undefined : Number(choice.value));
      rows.forEach((row, digit) => {
        show(row, found.probabilities[digit]);
        row.classList.toggle("ag-first", digit === found.answer);
      });
      verdict.textContent = sentence(found);
      const most = paintSlopes(image, found.gradient);
      find(".ag-which").textContent = "a " + found.digit;
      find(".ag-scale").textContent = "Full colour is a slope of " + most.toPrecision(2) + ". Grey line: edge of the ink.";
      seen.setAttribute("aria-label", "The drawing as the network is given it, in 28 by 28 pixels");
      const extreme = wanted => found.gradient.indexOf(wanted(...found.gradient));
      const where = n => "row " + (Math.floor(n / SIDE) + 1) + ", column " + ((n % SIDE) + 1);
      slopes.setAttribute("aria-label", "The gradient of log p for " + found.digit + ". More ink would help most in "
        + where(extreme(Math.max)) + ", and hurt most in " + where(extreme(Math.min)));
    }

    function show(row, p) {
      row.querySelector("i").style.width = 100 * (p || 0) + "%";
      row.querySelector(".ag-percent").textContent = p === null ? "–" : percent(p);
      if (p === null) row.classList.remove("ag-first");
    }

    // Once a frame, however fast the pointer moves; told to a screen reader when it rests.
    function changed() {
      if (!waiting) waiting = requestAnimationFrame(answer);
      clearTimeout(timer);
      timer = setTimeout(() => {
        say.textContent = verdict.textContent;
      }, 700);
    }

    function act(what) {
      acts.push(what);
      replay();
      changed();
    }

    function lift() {
      stroke = pointer = null;
      down = false;
      showPen();
    }

    // ---------------------------------------------------------------- mouse, touch and stylus

    function point(event) {
      const box = canvas.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
    }

    function extend(to) {
      stamp(ink, stroke.points[stroke.points.length - 1], to);
      stroke.points.push(to);
      at = to;
      changed();
    }

    function begin(from) {
      stroke = { points: [from] };
      acts.push(stroke);
      stamp(ink, from, from);
      at = from;
      changed();
    }

    canvas.addEventListener("focus", () => pad.classList.add("ag-by-keys"));
    canvas.addEventListener("pointerdown", event => {
      if (pointer !== null || event.button !== 0) return;
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      lift();
      canvas.setPointerCapture(event.pointerId);
      pointer = event.pointerId;
      pad.classList.remove("ag-by-keys");
      begin(point(event));
    });
    canvas.addEventListener("pointermove", event => {
      if (event.pointerId !== pointer) return;
      const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      (all.length ? all : [event]).forEach(each => extend(point(each)));
    });
    ["pointerup", "pointercancel", "lostpointercapture"].forEach(name => canvas.addEventListener(name, event => {
      if (event.pointerId === pointer) lift();
    }));

    // ---------------------------------------------------------------- keys

    function showPen() {
      pen.style.left = (100 * at[0]) / SIZE + "%";
      pen.style.top = (100 * at[1]) / SIZE + "%";
      pen.classList.toggle("ag-down", down);
    }

    const STEPS = {
      ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
      Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1],
    };
    canvas.addEventListener("keydown", event => {
      const back = (event.ctrlKey || event.metaKey) && event.key === "z";
      if ((event.altKey || event.ctrlKey || event.metaKey) && !back) return;
      const step = STEPS[event.key];
      if (step) {
        at = at.map((value, n) => Math.min(Math.max(value + CELL * step[n], 0), SIZE));
        if (stroke) extend(at);
        const cell = value => Math.min(Math.floor(value / CELL), SIDE - 1) + 1;
        say.textContent = (down ? "Pen down, row " : "Row ") + cell(at[1]) + ", column " + cell(at[0]);
      } else if (event.key === " ") {
        if (event.repeat) return event.preventDefault();
        down = !down;
        down ? begin(at) : (stroke = null);
        say.textContent = down ? "Pen down" : "Pen up";
      } else if (event.key === "Escape" && down) {
        lift();
        say.textContent = "Pen up";
      } else if (event.key === "Delete") {
        erase();
      } else if (event.key === "Backspace" || back) {
        takeBack();
      } else {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      pad.classList.add("ag-by-keys");
      showPen();
    });
    canvas.addEventListener("blur", () => {
      if (pointer === null) lift();
    });

    // ---------------------------------------------------------------- buttons

    function erase() {
      lift();
      if (ink.some(value => value > 0)) act({});
    }

    function takeBack() {
      lift();
      acts.pop();
      replay();
      changed();
    }

    clear.addEventListener("click", erase);
    undo.addEventListener("click", takeBack);
    example.addEventListener("click", () => {
      lift();
      const { label, pixels: text } = data.examples[examples++ % data.examples.length];
      act({ label, pixels: Float64Array.from(base64(text), value => value / 255) });
    });
    example.hidden = data.examples.length === 0;
    centred.addEventListener("change", changed);
    choice.addEventListener("change", changed);

    // For whoever wants the numbers: the tests, and the console.
    pad.classifyPixels = (values, digit) => classify(network(), values, digit);
    pad.drawing = () => ({ ink: Array.from(ink), pixels: Array.from(pixels() || []), size: SIZE });

    find(".ag-static").remove();
    find(".ag-board").hidden = false;
    showPen();
    answer();
  }

  const here = document.currentScript && document.currentScript.closest(".ag-pad");
  (here ? [here] : Array.from(document.querySelectorAll(".ag-pad"))).filter(it => !it.hasAttribute("data-ready")).forEach(start);
})();
