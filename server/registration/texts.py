"""What the mails about a new account say."""

Letter = tuple[str, list[str], tuple[str, str]]


def activation(first_name: str, username: str, link: str) -> Letter:
    return (
        "Activez votre compte",
        [
            f"{first_name}, votre compte est presque prêt. Votre nom d’utilisateur est : {username}",
            "Suivez le lien ci-dessous pour l’activer. Il sert une fois, pendant 24 heures.",
            "Vous n’avez rien demandé ? Ne faites rien : sans ce clic, le compte est effacé.",
        ],
        ("Activer mon compte", link),
    )


def newcomer(name: str, label: str) -> tuple[str, list[str]]:
    return (
        "Une personne a rejoint votre dossier",
        [
            f"{name} peut maintenant voir et gérer le dossier {label} avec son propre compte.",
            "Ce n’était pas prévu ? Appelez le service : il retire cet accès avec vous.",
        ],
    )


def invitation(inviter: str, label: str, code: str, link: str) -> Letter:
    return (
        "Une invitation à rejoindre un dossier",
        [
            f"{inviter} vous invite à gérer avec votre propre compte le dossier {label}.",
            f"Votre code d’invitation : {code}. Il sert une fois, pendant 14 jours.",
            "Avec un compte : connectez-vous, puis « Mon compte », « Rejoindre un dossier »."
            " Sans compte : créez-en un, et donnez ce code à l’étape 2.",
            "Vous ne connaissez pas cette personne ? Ne faites rien.",
        ],
        ("Rejoindre le dossier", link),
    )
