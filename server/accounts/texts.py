"""What the mails about an account say."""

Letter = tuple[str, list[str], tuple[str, str]]


def recovery(username: str, link: str) -> Letter:
    return (
        "Votre nom d’utilisateur et votre mot de passe",
        [
            f"Votre nom d’utilisateur est : {username}",
            "Si vous avez oublié votre mot de passe, choisissez-en un nouveau avec le lien ci-dessous."
            " Il sert une fois, pendant une heure.",
            "Vous n’avez rien demandé ? Ne faites rien : votre mot de passe ne change pas.",
        ],
        ("Choisir un nouveau mot de passe", link),
    )


def password_changed() -> tuple[str, list[str]]:
    return (
        "Votre mot de passe a changé",
        [
            "Le mot de passe de votre compte vient d’être changé, et vos autres appareils ont été déconnectés.",
            "Ce n’était pas vous ? Choisissez tout de suite un nouveau mot de passe (page de connexion, « Mot de passe oublié »)"
            " et prévenez le service.",
        ],
    )


def confirm_email(username: str, link: str) -> Letter:
    return (
        "Confirmez votre nouvelle adresse",
        [
            f"Le compte {username} demande à recevoir ses messages à cette adresse.",
            "Confirmez avec le lien ci-dessous. Il sert une fois, pendant 24 heures.",
            "Vous n’avez rien demandé ? Ne faites rien.",
        ],
        ("Confirmer cette adresse", link),
    )


def email_changing(veiled: str) -> tuple[str, list[str]]:
    return (
        "Changement d’adresse demandé",
        [
            f"Votre compte demande à recevoir ses messages à une nouvelle adresse : {veiled}. Elle n’est pas encore confirmée.",
            "Ce n’était pas vous ? Changez votre mot de passe et prévenez le service.",
        ],
    )


def passkey_added(name: str) -> tuple[str, list[str]]:
    return (
        "Une clé d’accès a été ajoutée",
        [
            f"La clé d’accès « {name} » ouvre maintenant votre compte.",
            "Ce n’était pas vous ? Retirez-la dans « Mon compte », changez votre mot de passe et prévenez le service.",
        ],
    )


def passkey_removed(name: str) -> tuple[str, list[str]]:
    return (
        "Une clé d’accès a été retirée",
        [
            f"La clé d’accès « {name} » n’ouvre plus votre compte.",
            "Ce n’était pas vous ? Changez votre mot de passe et prévenez le service.",
        ],
    )
