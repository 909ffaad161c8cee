import os

import numpy as np
import pytest
from PIL import Image
from PIL.Image import open as opened

from workflow.stragglers.data import own
from workflow.stragglers.spec.own import OwnDataset
from workflow.stragglers.support.errors import InputError

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 5, 4), np.uint8)
SPECIFICATION = OwnDataset("folder", "pictures", "classes", test_fraction=0.2)


def write(folder, names, mode="L", **options):
    """Images of noise under these names below ``folder``."""
    for name, pixels in zip(names, PIXELS, strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).convert(mode).save(folder / name, **options)


@pytest.fixture
def pictures(tmp_path):
    """A folder of two classes, three images each."""
    write(tmp_path / "pictures", [f"{name}/{number}.png" for name in ("cat", "dog") for number in range(3)])
    return tmp_path / "pictures"


def prepared(pictures):
    return own.prepare(SPECIFICATION, pictures.parent)


def refused(pictures, message):
    with pytest.raises(InputError, match=message) as error:
        own.check(SPECIFICATION, pictures.parent)
    assert "\n" not in str(error.value)


def test_images_by_class_are_split_and_know_their_files(pictures):
    dataset, origins = prepared(pictures)
    assert origins.kind == "file" and len(dataset.images_train) == 4 and len(dataset.images_test) == 2
    for images, files, classes in (
        (dataset.images_train, origins.train, dataset.class_train),
        (dataset.images_test, origins.test, dataset.class_test),
    ):
        for pixels, file, number in zip(images, files, classes, strict=True):
            assert (pixels == np.asarray(opened(pictures / file))).all()
            assert origins.class_name[number] == file.split("/")[0]
    assert set(dataset.label_train) == {-1, 1}
    assert not set(origins.train) & set(origins.test)


def test_folders_of_a_split_are_that_split(tmp_path):
    names = [f"{split}/{name}/a.png" for split in ("train", "test") for name in ("cat", "dog")]
    write(tmp_path / "pictures", names)
    dataset, origins = prepared(tmp_path / "pictures")
    assert origins.train.tolist() == ["train/cat/a.png", "train/dog/a.png"]
    assert origins.test.tolist() == ["test/cat/a.png", "test/dog/a.png"]
    assert dataset.class_train.tolist() == [0, 1]


def test_train_alone_may_be_a_class(tmp_path):
    write(tmp_path / "pictures", [f"{name}/{number}.png" for name in ("train", "bus") for number in range(2)])
    assert prepared(tmp_path / "pictures")[1].class_name.tolist() == ["bus", "train"]


def test_folders_named_by_numbers_are_those_classes(tmp_path):
    write(tmp_path / "pictures", [f"{name}/{number}.png" for name in ("10", "9", "2") for number in range(2)])
    dataset, origins = prepared(tmp_path / "pictures")
    assert origins.class_number.tolist() == [2, 9, 10] and origins.class_name.tolist() == ["2", "9", "10"]
    assert [file.split("/")[0] for file in origins.train] == [str(number) for number in dataset.class_train]


def test_names_with_spaces_and_of_any_script_are_kept(tmp_path):
    names = ["Kätzchen 猫/a b'.png", "Kätzchen 猫/=1+1.png", "dogs/é.PNG", "dogs/sub folder/x.png"]
    write(tmp_path / "pictures", names)
    origins = prepared(tmp_path / "pictures")[1]
    assert {*origins.train, *origins.test} == {*names}


def test_files_that_are_no_images_are_not_looked_at(pictures):
    before = own.content(SPECIFICATION, pictures.parent)
    for name in ("cat/Thumbs.db", "cat/.hidden.png", "notes.txt"):
        (pictures / name).write_bytes(b"?")
    assert own.content(SPECIFICATION, pictures.parent) == before
    assert len(prepared(pictures)[1].train) == 4


# What a person sees


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK"])
def test_colours_stay_as_they_are_shown(pictures, mode):
    kind = "tif" if mode == "CMYK" else "png"
    shown = Image.fromarray(PIXELS[0]).convert(mode)
    shown.save(pictures / f"cat/colour.{kind}")
    dataset, origins = prepared(pictures)
    images = dict(zip([*origins.train, *origins.test], [*dataset.images_train, *dataset.images_test], strict=True))
    assert (images[f"cat/colour.{kind}"] == np.asarray(shown.convert("RGB"))).all()
    # One image in colour makes all of them so, grey ones the same in each channel.
    assert all(image.shape == (5, 4, 3) for image in images.values())
    grey = images["dog/1.png"]
    assert (grey == grey[..., :1]).all()


def test_sixteen_bits_are_kept(tmp_path):
    for number, name in enumerate(("a/1", "a/2", "b/1", "b/2")):
        (tmp_path / f"pictures/{name}.png").parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[number].astype(np.uint16) << 7).save(tmp_path / f"pictures/{name}.png")
    dataset, _ = prepared(tmp_path / "pictures")
    assert dataset.images_train.max() > 255


def test_a_photograph_is_turned_upright(pictures):
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = Image.fromarray(PIXELS[0].T)
    sideways.save(pictures / "cat/photo.jpg", exif=exif)
    assert prepared(pictures)[0].images_train.shape[1:] == (5, 4)


# The address


def test_the_hash_is_of_names_and_contents_and_not_of_times(pictures):
    before = own.content(SPECIFICATION, pictures.parent)
    os.utime(pictures / "cat/0.png", (1, 1))
    assert own.content(SPECIFICATION, pictures.parent) == before
    (pictures / "cat/0.png").rename(pictures / "cat/9.png")
    renamed = own.content(SPECIFICATION, pictures.parent)
    write(pictures, ["cat/1.png"], mode="1")
    assert len({before, renamed, own.content(SPECIFICATION, pictures.parent)}) == 3


def test_a_folder_that_changed_since_it_was_planned_is_refused(pictures):
    content = own.content(SPECIFICATION, pictures.parent)
    planned = OwnDataset("folder", "pictures", "classes", content=content, test_fraction=0.2)
    own.prepare(planned, pictures.parent)
    write(pictures, ["dog/new.png"])
    with pytest.raises(InputError, match=r"pictures is not what it was when the study was planned"):
        own.prepare(planned, pictures.parent)


# What is refused


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "pictures/cat").mkdir(parents=True)
    refused(tmp_path / "pictures", r"pictures holds no images \(\.bmp, .*\.webp\)")


def test_a_class_without_images_is_named(pictures):
    (pictures / "empty").mkdir()
    refused(pictures, "pictures/empty holds no image; .* remove it")


def test_one_class_is_refused(tmp_path):
    write(tmp_path / "pictures", ["cat/0.png", "cat/1.png"])
    refused(tmp_path / "pictures", "pictures holds one class, 'cat'; there must be two")


def test_a_class_of_one_image_is_named_with_it(pictures):
    write(pictures, ["bird/only one.png"])
    refused(pictures, r"class 'bird' has one sample \(bird/only one\.png\)")


def test_a_class_of_one_split_only_is_named(tmp_path):
    write(tmp_path / "pictures", [f"train/{name}/a.png" for name in ("cat", "dog")] + ["test/cat/a.png"])
    refused(tmp_path / "pictures", "class 'dog' has no sample in the test split")


def test_images_of_several_sizes_are_named(pictures):
    Image.fromarray(PIXELS[0][:3]).save(pictures / "dog/small.png")
    refused(pictures, r"dog/small.png and cat/0.png are of different sizes, 4 × 3 and 4 × 5 pixels; bring")


def test_images_of_several_depths_are_named(pictures):
    Image.fromarray(PIXELS[0].astype(np.uint16) << 7).save(pictures / "dog/deep.png")
    refused(pictures, "dog/deep.png and cat/0.png are of different depths, uint16 and uint8")


def test_an_image_of_values_that_are_no_numbers_is_named(tmp_path):
    for number, name in enumerate(("a/1", "a/2", "b/1", "b/2")):
        (tmp_path / f"pictures/{name}.tif").parent.mkdir(parents=True, exist_ok=True)
        pixels = PIXELS[number].astype(np.float32)
        pixels[0, 0] = np.nan if name == "b/1" else 0
        Image.fromarray(pixels).save(tmp_path / f"pictures/{name}.tif")
    refused(tmp_path / "pictures", r"b/1\.tif holds NaN or infinite values")


def test_a_name_that_is_no_utf_8_is_kept(pictures):
    odd = os.fsdecode(b"cat/\xff.png")
    write(pictures, [odd])
    _, origins = prepared(pictures)
    origins.save(pictures.parent / "origins.npz")
    loaded = own.Origins.load(pictures.parent / "origins.npz")
    assert odd in {*loaded.train, *loaded.test}


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"no image", "is no image that can be read; write it again"), (b"", "is no image that can be read")],
)
def test_a_file_that_is_no_image_is_named(pictures, content, message):
    (pictures / "cat/bad.png").write_bytes(content)
    refused(pictures, f"cat/bad.png {message}")


def test_a_truncated_image_is_named(pictures):
    whole = (pictures / "cat/0.png").read_bytes()
    (pictures / "cat/0.png").write_bytes(whole[: len(whole) // 2])
    refused(pictures, r"cat/0.png cannot be read \(.*\); mend it")


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_an_alpha_channel_is_refused(pictures, mode):
    Image.fromarray(PIXELS[0]).convert(mode).save(pictures / "cat/clear.png")
    refused(pictures, r"cat/clear.png has an alpha channel; .*convert\(\"RGB\"\)")


def test_a_palette_with_a_transparent_colour_is_refused(pictures):
    Image.fromarray(PIXELS[0]).convert("P").save(pictures / "cat/clear.png", transparency=0)
    refused(pictures, "cat/clear.png has an alpha channel")


def test_a_file_of_several_pictures_is_refused(pictures):
    frames = [Image.fromarray(pixels) for pixels in PIXELS[:2]]
    frames[0].save(pictures / "cat/pages.tif", save_all=True, append_images=frames[1:])
    refused(pictures, "cat/pages.tif holds 2 pictures")


def test_a_link_that_leads_back_is_named(pictures):
    (pictures / "cat/again").symlink_to(pictures)
    refused(pictures, r"cat/again is a link that leads back to .*pictures, .*remove the link")


@pytest.mark.parametrize("target", ["gone.png", "loop.png"])
def test_a_link_to_nothing_is_named(pictures, target):
    (pictures / "cat/loop.png").symlink_to(target)
    refused(pictures, r"cat/loop.png cannot be read \(.*\); mend it")


def test_a_link_to_a_folder_of_images_is_followed(pictures, tmp_path):
    write(tmp_path / "elsewhere", ["0.png", "1.png"])
    (pictures / "bird").symlink_to(tmp_path / "elsewhere")
    assert "bird" in prepared(pictures)[1].class_name


def test_an_image_of_no_class_is_named(pictures):
    write(pictures, ["stray.png"])
    refused(pictures, "pictures/stray.png is in no folder of a class")


def test_a_class_beside_a_split_is_named(tmp_path):
    names = [f"{split}/{name}/a.png" for split in ("train", "test") for name in ("cat", "dog")] + ["val/cat/a.png"]
    write(tmp_path / "pictures", names)
    refused(tmp_path / "pictures", "val/cat/a.png stands beside train/ and test/")


def test_images_that_are_all_alike_are_refused(tmp_path):
    for name in ("a/1", "a/2", "b/1", "b/2"):
        (tmp_path / f"pictures/{name}.png").parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[0]).save(tmp_path / f"pictures/{name}.png")
    refused(tmp_path / "pictures", "folder:pictures: no feature varies")


@pytest.mark.parametrize(("source", "other"), [("table", "folder"), ("folder", "table")])
def test_a_folder_is_no_file_and_a_file_no_folder(pictures, source, other):
    (pictures.parent / "table.csv").write_text("label,x\n", encoding="utf-8")
    file = "pictures" if source == "table" else "table.csv"
    with pytest.raises(InputError, match=f"{file} is a .*; take `source: {other}`"):
        own.check(OwnDataset(source, file, "classes", test_fraction=0.2), pictures.parent)
