"""Pictures are decoded and drawn anew: location, comments and whatever hides behind the picture stay out."""

import io
import warnings

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from server.gateways.examining import Examined, Unfit

MOST_PIXELS = 64_000_000
"""More than a usual phone's largest photo; decoded it fills 200 MB."""
MOST_SIDE = 2560
PREVIEW_SIDE = 360
QUALITY, PREVIEW_QUALITY = 85, 72

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
pillow_heif.register_heif_opener()


def picture(content: bytes, kind: str) -> Examined:
    """A JPEG of photos, a PNG of what came as PNG, at most `MOST_SIDE` pixels wide and high, and a small JPEG to show in lists."""
    image = _decoded(content, kind)
    preview = _flat(image)
    preview.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    extension, kept = ("png", _bytes(image, "PNG")) if kind == "PNG" else ("jpg", _bytes(_flat(image), "JPEG", quality=QUALITY))
    small = _bytes(preview, "JPEG", quality=PREVIEW_QUALITY)
    return Examined(kept, f"image/{'png' if extension == 'png' else 'jpeg'}", extension, image.width, image.height, small)


def _decoded(content: bytes, kind: str) -> Image.Image:
    """The picture upright and within bounds; its size is judged by its header, before anything is decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image: Image.Image = Image.open(io.BytesIO(content), formats=[kind])
            if image.width * image.height > MOST_PIXELS:
                raise Unfit("pixels")
            if kind == "JPEG":
                image.draft("RGB", (MOST_SIDE, MOST_SIDE))  # decodes at a half or a quarter where that is enough
            image.load()
            image = ImageOps.exif_transpose(image) or image
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
            raise Unfit("pixels") from fault
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as fault:
            raise Unfit("damaged") from fault
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    return image


def _flat(image: Image.Image) -> Image.Image:
    """Red, green and blue; transparency becomes white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        above = image.convert("RGBA")
        flat = Image.new("RGB", above.size, "white")
        flat.paste(above, mask=above.getchannel("A"))
        return flat
    return image.convert("RGB")


def _bytes(image: Image.Image, kind: str, **options: int) -> bytes:
    """Encoded from the pixels alone: a picture of the same pixels that never had any metadata."""
    if image.mode not in ("RGB", "RGBA", "L"):
        image = image.convert("RGBA" if image.mode in ("LA", "PA") or "transparency" in image.info else "RGB")
    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    out = io.BytesIO()
    bare.save(out, kind, **options)
    return out.getvalue()
