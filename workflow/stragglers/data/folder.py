"""Images by class: a folder with one folder a class, or two such folders, ``train`` and ``test``."""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..spec.own import OwnDataset
from ..support.errors import InputError
from ..support.text import one_line
from .samples import Samples, place_of, refuse_changed

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
"""Of files that are images; others, and hidden ones, are not looked at."""
SPLITS = ("train", "test")
SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")


def content(specification: OwnDataset, data_dir: Path) -> str:
    """SHA-256 of the sorted names, the sizes and the contents of all images: every file is read, none decoded."""
    root, digest = place_of(specification, data_dir, folder=True), hashlib.sha256()
    for name in image_files(root):
        _add(digest, name, _bytes(root / name))
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", name: str, data: bytes) -> None:
    digest.update(b"%s\0%d\0" % (os.fsencode(name), len(data)))
    digest.update(data)


def read(specification: OwnDataset, data_dir: Path) -> Samples:
    """Images of one size, in the order of their names; classes are the names of their folders.

    Colours stay as they are shown: palettes become colours, photographs are turned upright, and where one image is in
    colour all are. Raises :class:`InputError`, which names the file, for what cannot be read or has an alpha channel.
    """
    root = place_of(specification, data_dir, folder=True)
    files, digest, images = image_files(root), hashlib.sha256(), []
    for name in files:
        data = _bytes(root / name)
        _add(digest, name, data)
        images.append(decoded(root / name, data))
        _refuse_other(root / name, images[-1], files[0], images[0])
    refuse_changed(root, specification, digest.hexdigest())
    parts = [Path(name).parts for name in files]
    split = is_split(root)
    return Samples(
        x=stacked(images),
        names=np.array([part[split] for part in parts]),
        origin=np.array(files),
        test=np.array([part[0] == "test" for part in parts]) if split else None,
    )


def _refuse_other(path: Path, image: np.ndarray, first: str, like: np.ndarray) -> None:
    """Raise :class:`InputError` for an image that cannot stand in one array with the first."""
    if image.shape[:2] != like.shape[:2]:
        sizes = " and ".join(f"{shape[1]} × {shape[0]}" for shape in (image.shape, like.shape))
        raise InputError(f"{path} and {first} are of different sizes, {sizes} pixels; bring all images to one size")
    if image.dtype != like.dtype:
        raise InputError(
            f"{path} and {first} are of different depths, {image.dtype} and {like.dtype}; write all in one"
        )
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise InputError(f"{path} holds NaN or infinite values; mend it, or move it away")


def is_split(root: Path) -> bool:
    """Whether a folder has its own test split; ``train`` alone may be a class."""
    return all((root / split).is_dir() for split in SPLITS)


def image_files(root: Path) -> list[str]:
    """Names below ``root`` of all images, sorted; raises :class:`InputError` for one that is of no class."""
    split = is_split(root)
    files = sorted(_walk(root, root, (os.path.realpath(root),)))
    for name in files:
        parts = Path(name).parts
        if split and parts[0] not in SPLITS:
            raise InputError(f"{root / name} stands beside train/ and test/; move it into one of them, or away")
        if len(parts) < 2 + split:
            raise InputError(
                f"{root / name} is in no folder of a class; put each image into a folder named by its class"
            )
    if not files:
        raise InputError(
            f"{root} holds no images ({', '.join(sorted(SUFFIXES))}) in folders of classes; put some there"
        )
    for above in [root / part for part in SPLITS] if split else [root]:
        classes = {Path(name).parts[split] for name in files if not split or name.startswith(f"{above.name}/")}
        if empty := sorted({path.name for path in above.iterdir() if _is_folder(path)} - classes):
            raise InputError(f"{above / empty[0]} holds no image; put some there, or remove it")
    return files


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _walk(root: Path, folder: Path, above: tuple[str, ...]) -> Iterator[str]:
    """Names of images below a folder, links followed."""
    try:
        paths = list(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be read ({error.strerror}); mend its permissions, or move it away") from None
    for path in paths:
        if _is_folder(path):
            if (real := os.path.realpath(path)) in above:
                raise InputError(f"{path} is a link that leads back to {real}, a folder that holds it; remove the link")
            yield from _walk(root, path, (*above, real))
        elif path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            yield path.relative_to(root).as_posix()


def _bytes(path: Path) -> bytes:
    try:
        if path.is_fifo():
            raise OSError(None, "a pipe")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); mend it, or move it away") from None


def decoded(path: Path, data: bytes) -> np.ndarray:
    """An image as it is shown: (height, width), or (height, width, 3) in colour."""
    from PIL import ImageOps, UnidentifiedImageError
    from PIL.Image import open as opened

    try:
        with opened(io.BytesIO(data)) as image:
            frames = getattr(image, "n_frames", 1)
            alpha = image.has_transparency_data
            upright = ImageOps.exif_transpose(image)
            mode = {"1": "L", "L": "L", "I": "I", "F": "F"}.get(upright.mode, "RGB")
            pixels = np.asarray(upright if upright.mode in SIXTEEN_BITS else upright.convert(mode))
    except UnidentifiedImageError:
        raise InputError(f"{path} is no image that can be read; write it again as PNG, or move it away") from None
    except Exception as error:  # each format has its own for a damaged file
        raise InputError(f"{path} cannot be read ({one_line(str(error))}); mend it, or move it away") from None
    if frames > 1:
        raise InputError(f"{path} holds {frames} pictures; keep one a file")
    if alpha:
        raise InputError(
            f'{path} has an alpha channel; save it without, as Image.open(…).convert("RGB") of Pillow gives'
        )
    return pixels


def stacked(images: list[np.ndarray]) -> np.ndarray:
    """Images of one size as one array, grey ones in colour where any is."""
    if any(image.ndim == 3 for image in images):
        images = [image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2) for image in images]
    return np.stack(images)
