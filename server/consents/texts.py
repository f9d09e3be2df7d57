"""What a parent is asked to allow, word for word. A changed text gets a new version: what was given to the old one is asked again."""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Text:
    title: str
    version: str
    text: str

    @property
    def hash(self) -> str:
        return sha256(f"{self.title}\n{self.version}\n{self.text}".encode()).hexdigest()


TEXTS = {
    "quotient": Text(
        "Mon quotient familial",
        "2026-11",
        "J’autorise la ville à demander à la CAF ou à la MSA le quotient familial de mon foyer, pour calculer mes tarifs. "
        "La ville lit le quotient, son mois et l’organisme qui le donne, rien d’autre. Elle le garde tant qu’il sert à un prix, "
        "puis un an. Sans cette autorisation, les tarifs les plus élevés s’appliquent. Je peux la retirer à tout moment : "
        "le quotient cesse alors de compter dès les réservations suivantes.",
    ),
    "photos": Text(
        "Les photos des activités",
        "2026-11",
        "J’autorise la ville à photographier mes enfants pendant les activités et à publier ces photos dans le magazine "
        "municipal et sur le site de la ville, sans leur nom. Refuser ne change rien à l’accueil de mes enfants. Je peux retirer "
        "cette autorisation à tout moment : la ville ne prend plus de photos d’eux et retire celles de son site.",
    ),
}
