"""The commands of ``autograd-lab``: train, evaluate, predict, plot, check, draw, data.

Results go to standard output, progress and errors to standard error, so that ``--json`` can be piped. The
exit status is 0 for success, 1 for an error, 2 for wrong usage and 130 after an interruption.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click
import numpy as np

import autograd_lab as ag
from autograd_lab import runs
from autograd_lab.checkpoint import CheckpointError
from autograd_lab.checkup import CALLS, check_operators
from autograd_lab.data import DataError, verify
from autograd_lab.data.pictures import as_digit, read_picture
from autograd_lab.history import History
from autograd_lab.nn import functional as F
from autograd_lab.train import Training, evaluate, scores
from autograd_lab.viz import draw_graph

INTERRUPTED = 130

Command = Callable[..., Any]


def _say(text: str = "") -> None:
    click.echo(text, err=True)


def _json_option(command: Command) -> Command:
    """``--json``: one JSON document on standard output instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


def _explained(command: Command) -> Command:
    """Errors that are ours become a line of text and exit status 1; the others keep their traceback."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (runs.RunError, CheckpointError, DataError, FloatingPointError, ImportError) as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from None

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(ag.__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Train the book's network on MNIST, or on data of your own, with the engine of the book.

    \b
    Examples:
      autograd-lab train runs/first              the report's experiment, about a minute
      autograd-lab evaluate runs/first
      autograd-lab predict runs/first my7.png
      autograd-lab check                         gradcheck of every operator
    """


# --- train ----------------------------------------------------------------------------------------------


class _Progress:
    """On a terminal a bar for each epoch; otherwise a line for each epoch."""

    def __init__(self, training_steps: int, epochs: int) -> None:
        self.bar: Any = None
        self.steps, self.epochs = training_steps, epochs

    def on_step(self, training: Training, loss: float) -> None:
        if not sys.stderr.isatty():
            return
        if self.bar is None:
            epoch = len(training.history) + 1
            label = f"epoch {epoch:{len(str(self.epochs))}}/{self.epochs}"
            self.bar = click.progressbar(length=self.steps, label=label, file=sys.stderr, update_min_steps=20)
            self.bar.update(training.loader.position - 1)
        self.bar.update(1)

    def on_epoch(self, training: Training) -> None:
        self.close()
        _say(training.history.line(self.epochs))

    def close(self) -> None:
        """Take the bar away, and give the terminal its cursor back."""
        if self.bar is not None:
            click.echo("\r\033[2K\033[?25h", nl=False, err=True)
            self.bar = None


@contextmanager
def _stop_on_signal(saver: runs.Saver) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the training after the step under way; a second one ends it at once."""
    before = {kind: signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, frame: Any) -> None:
        saver.stop = True
        for kind, handler in before.items():
            signal.signal(kind, handler)
        _say("\nstopping after this step, to save; once more to stop at once")

    for kind in before:
        signal.signal(kind, stop)
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _sizes(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    if value is None:
        return None
    try:
        return tuple(int(size) for size in value.split(",") if size.strip())
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a list such as 300,100") from None


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--hidden", callback=_sizes, metavar="N,N,…", help="Sizes of the hidden layers.  [300,100]")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the training data.  [10]")
@click.option("--batch-size", type=int, help="Images a step.  [100]")
@click.option("--lr", type=float, help="Learning rate.  [0.1]")
@click.option("--optimizer", type=click.Choice(runs.OPTIMIZERS), help="Rule of the steps.  [sgd]")
@click.option("--momentum", type=float, help="Of sgd.  [0]")
@click.option("--weight-decay", type=float, help="Pull of the weights to zero.  [0]")
@click.option("--seed", type=int, help="Of weights and order.  [0]")
@click.option("--dtype", type=click.Choice(runs.DTYPES), help="Precision.  [float32]")
@click.option("--data", metavar="FOLDER", help="Four IDX files, like Fashion-MNIST.  [the MNIST digits]")
@click.option("--classes", type=int, help="Number of classes.  [10]")
@click.option("--resume", is_flag=True, help="Go on with the run in FOLDER; its settings stay.")
@click.option(
    "--save-every", type=click.FloatRange(min=0), default=5.0, show_default=True, metavar="SECONDS",
    help="Time between two checkpoints; one more is made after each epoch.",
)  # fmt: skip
@_json_option
@_explained
def train(folder: Path, resume: bool, save_every: float, as_json: bool, **options: Any) -> None:
    """Train a network and keep the run in FOLDER. Without options it is the report's experiment.

    FOLDER gets the settings, the metrics as CSV, the curves as SVG and PNG, the weights, and a checkpoint.
    Stopped by Ctrl-C, by a crash or by a power cut, the run goes on with --resume, and ends with the
    same weights as if nothing had happened.

    \b
    Examples:
      autograd-lab train runs/first
      autograd-lab train runs/adam --optimizer adam --lr 0.001 --seed 1
      autograd-lab train runs/fashion --data fashion-mnist --hidden 500,150
      autograd-lab train runs/first --resume
      autograd-lab train runs/first --resume --epochs 20      ten more
    """
    given = {name: value for name, value in options.items() if value is not None}
    if resume:
        run = runs.Run(folder)
        epochs = given.pop("epochs", None)
        if changed := [name for name, value in given.items() if getattr(run.config, name) != value]:
            raise click.UsageError(
                f"--resume goes on with the settings of the run, in which {changed[0]} is "
                f"{getattr(run.config, changed[0])!r}; only --epochs can change"
            )
        data = run.config.load_data()
    else:
        try:
            config = runs.Config(**given)
        except (ValueError, TypeError) as error:
            raise click.UsageError(str(error)) from None
        epochs = None
        data = config.load_data()
        run = runs.Run.create(folder, config, runs.fingerprint(data))
    saver = runs.Saver(run, save_every)
    steps = -(-len(data[0].images) // run.config.batch_size)
    progress = _Progress(steps, epochs or run.config.epochs)
    try:
        # NumPy's warnings of an overflow would come before the error that says what it means and where.
        with _stop_on_signal(saver), np.errstate(over="ignore", invalid="ignore"):
            training, finished = runs.train(run, data, [progress], saver, epochs)
    finally:
        progress.close()
    history = training.history
    if as_json:
        result = {"folder": str(folder), "finished": finished, "step": training.step, **_last(history)}
        click.echo(json.dumps(result))
    elif finished:
        click.echo(
            f"test accuracy {100 * history.test_accuracy[-1]:.2f} %, after {_epochs(len(history))}: {folder}"
        )
    if not finished:
        _say(f"stopped and saved at step {training.step}; go on with: autograd-lab train {folder} --resume")
        raise click.exceptions.Exit(INTERRUPTED)


def _epochs(count: int, kind: str = "") -> str:
    return f"{count} {kind}epoch{'s' * (count != 1)}"


def _last(history: History) -> dict[str, Any]:
    """The last row of a history, for JSON."""
    last = {name: float(column[-1]) for name, column in vars(history).items() if len(history)}
    return {"epochs": len(history), **last}


# --- what a run has learned -----------------------------------------------------------------------------


def _run_argument(command: Command) -> Command:
    return click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))(command)


@cli.command(name="evaluate")
@_run_argument
@click.option("--data", metavar="FOLDER", help="Other data than those of the run.")
@_json_option
@_explained
def evaluate_run(folder: Path, data: str | None, as_json: bool) -> None:
    """Measure the network of a run on its test set.

    \b
    Examples:
      autograd-lab evaluate runs/first
      autograd-lab evaluate runs/first --data other-digits --json
    """
    run = runs.Run(folder)
    config = replace(run.config, data=data) if data else run.config
    _, test = config.load_data()
    model, epochs = run.model(test.images.shape[1])
    loss, accuracy = evaluate(model, test)
    if as_json:
        result = {"epochs": epochs, "images": len(test.labels), "test_loss": loss, "test_accuracy": accuracy}
        click.echo(json.dumps(result))
    else:
        # An unfinished run has the weights of the last step that was saved, which may lie within an epoch.
        after = _epochs(epochs) if run.weights.exists() else f"{_epochs(epochs, 'full ')} of {config.epochs}"
        click.echo(f"{len(test.labels):,} images, after {after}: loss {loss:.4f}, {100 * accuracy:.2f} %")


@cli.command()
@_run_argument
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path))
@_json_option
@_explained
def predict(folder: Path, pictures: tuple[Path, ...], as_json: bool) -> None:
    """Say what is on pictures of digits: any size, dark on bright or bright on dark.

    Each is cut out, scaled and centred as the digits of MNIST were.

    \b
    Examples:
      autograd-lab predict runs/first my7.png
      autograd-lab predict runs/first scans/*.png --json
    """
    run = runs.Run(folder)
    model, _ = run.model(784)
    images = []
    for picture in pictures:
        try:
            images.append(as_digit(read_picture(picture)).reshape(-1))
        except ValueError as error:
            raise click.ClickException(
                str(error) if isinstance(error, DataError) else f"{picture}: {error}"
            ) from None
    probabilities = F.softmax(scores(model, np.array(images, run.config.dtype)), axis=1).data
    for picture, p in zip(pictures, probabilities, strict=True):
        order = np.argsort(-p)[:3]
        if as_json:
            click.echo(
                json.dumps({"picture": str(picture), "class": int(order[0]), "probabilities": p.tolist()})
            )
        else:
            click.echo(f"{picture}: " + ", ".join(f"{k} ({100 * p[k]:.1f} %)" for k in order))


@cli.command()
@_run_argument
@_explained
def plot(folder: Path) -> None:
    """Draw the curves of a run, finished or not, from its metrics.csv.

    \b
    Example:
      autograd-lab plot runs/first
    """
    run = runs.Run(folder)
    try:
        history = History.from_csv(folder / "metrics.csv")
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for path in run.write_curves(history):
        click.echo(path)


@cli.command()
@_run_argument
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A .svg, .dot or .mmd file.  [FOLDER/model.svg]",
)
@_explained
def draw(folder: Path, output: Path | None) -> None:
    """Draw the computation graph of a run's network, from an image to the loss.

    \b
    Examples:
      autograd-lab draw runs/first
      autograd-lab draw runs/first --output model.mmd       for Mermaid
    """
    run = runs.Run(folder)
    _, test = run.config.load_data()
    model, _ = run.model(test.images.shape[1])
    drawing = draw_graph(F.cross_entropy(model(test.images[:1]), test.labels[:1]), direction="down")
    try:
        click.echo(drawing.save(output or folder / "model.svg"))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


# --- the engine and the data ----------------------------------------------------------------------------


@cli.command()
@click.argument("operators", nargs=-1)
@_json_option
@_explained
def check(operators: tuple[str, ...], as_json: bool) -> None:
    """Compare the gradient of every operator (or of some) with finite differences.

    \b
    Examples:
      autograd-lab check
      autograd-lab check matmul softmax
    """
    if unknown := [name for name in operators if name not in CALLS]:
        raise click.UsageError(f"there is no operator {unknown[0]}; they are: {', '.join(sorted(CALLS))}")
    rows = check_operators(list(operators) or None)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows]))
    else:
        click.echo(f"{'operator':14}{'gradient':10}{'worst error':>12}   Taylor remainder")
        for row in rows:
            order = "linear" if np.isinf(row.taylor_order) else f"order {row.taylor_order:.1f}"
            click.echo(f"{row.operator:14}{'right' if row.passed else 'WRONG':10}{row.worst:12.0e}   {order}")
    if failed := [row for row in rows if not row.passed]:
        _say("\n" + "\n".join(f"{row.operator}: {row.report}" for row in failed))
        raise click.exceptions.Exit(1)
    if not as_json:
        click.echo(f"{len(rows)} operators, all gradients right")


@cli.group()
def data() -> None:
    """Look at the data."""


@data.command(name="verify")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@_json_option
@_explained
def verify_data(folder: Path | None, as_json: bool) -> None:
    """Check the MNIST files of the package, or four IDX files in FOLDER.

    \b
    Examples:
      autograd-lab data verify
      autograd-lab data verify fashion-mnist
    """
    rows = verify(folder)
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows]))
    else:
        for row in rows:
            click.echo(f"{row.file}: {row.dtype} {row.shape}, SHA-256 {row.sha256[:16]}…")
        click.echo("all four are as they should be")
