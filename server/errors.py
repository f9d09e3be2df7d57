"""A refusal is a name and a code, with the facts that explain it; the sentence stands here once, in French."""

from typing import Any

SENTENCES = {
    "malformed": "La demande n’a pas pu être lue.",
    "not_json": "La demande doit être envoyée en JSON.",
    "not_found": "Cette page ou cette donnée n’existe pas.",
    "method_not_allowed": "Cette action n’est pas possible ici.",
    "too_large": "L’envoi est trop volumineux.",
    "sign_in": "Connectez-vous pour continuer.",
    "sign_in_again": "Reprenez la connexion depuis le début.",
    "wrong_credentials": "Le nom d’utilisateur ou le mot de passe ne convient pas.",
    "too_many_attempts": "Trop d’essais. Réessayez dans {minutes} min.",
    "not_activated": "Ce compte n’est pas encore activé : suivez le lien du message reçu à votre adresse électronique.",
    "wrong_password": "Ce n’est pas votre mot de passe actuel.",
    "wrong_code": "Ce code ne convient pas. Attendez le suivant, puis réessayez.",
    "factor_known": "Une application d’authentification est déjà enregistrée pour ce compte.",
    "password_refused": "Ce mot de passe est trop facile à deviner. Choisissez-en un autre.",
    "fields": "Certains champs sont à corriger.",
    "link_unknown": "Ce lien n’est pas valable. Vérifiez qu’il a été copié en entier.",
    "link_used": "Ce lien a déjà servi.",
    "link_expired": "Ce lien n’est plus valable : il a expiré.",
    "file_unknown": "Ce numéro et ce nom ne permettent pas d’ouvrir un compte. Vérifiez-les sur la lettre de la ville ;"
    " si le dossier a déjà un compte, demandez une invitation à l’autre parent ou appelez le service.",
    "file_taken": "Un compte a été ouvert entre-temps pour ce dossier. Appelez le service : il vous y donne accès.",
    "text_changed": "Ce texte vient de changer : relisez-le, puis acceptez-le.",
    "step_missing": "Une étape manque : reprenez l’inscription là où elle en est.",
    "sign_up_over": "Cette inscription n’existe plus. Recommencez à la première étape.",
    "not_waiting": "Ce compte n’attend pas d’activation.",
    "enough_mails": "Plusieurs messages ont déjà été envoyés. Regardez dans les courriers indésirables, ou appelez le service.",
    "enough_invitations": "Plusieurs invitations attendent déjà une réponse. Retirez-en une d’abord.",
    "code_unknown": "Ce code ne convient pas : il a peut-être déjà servi, ou expiré.",
    "still_owed": "Des factures restent à payer : le dossier ne peut pas encore être effacé.",
    "already_decided": "Un autre agent a déjà répondu à cette demande.",
    "reason_needed": "Donnez la raison du refus : la famille la lira.",
    "no_consent": "La famille n’a pas autorisé la ville à demander son quotient familial.",
    "identity_unchecked": "Vérifiez d’abord l’identité sur une pièce, puis cochez la case.",
    "quotient_unavailable": "{reason}",
    "not_configured": "Ce service n’est pas ouvert dans votre ville.",
    "visit_over": "Votre passage par FranceConnect a expiré. Recommencez.",
    "identity_linked": "Cette identité FranceConnect ouvre déjà un autre compte du portail.",
    "identity_differs": "Cette identité FranceConnect n’est pas celle qui est reliée à votre compte.",
    "password_first": "Choisissez d’abord un mot de passe : sans lui, votre compte ne pourrait plus s’ouvrir.",
    "not_allowed": "Cette page n’existe pas pour votre compte.",
    "cross_site": "La demande vient d’un autre site : elle n’a pas été prise en compte.",
    "other_account": "Ces demandes ont été faites depuis un autre compte.",
    "device_unknown": "Cet appareil n’est plus connu : il va être enregistré à nouveau.",
    "device_revoked": "Cet appareil a été déconnecté à distance.",
    "identity_conflict": "Deux copies de l’application ont utilisé le même numéro de demande.",
    "upgrade_required": "L’application doit être mise à jour avant d’envoyer vos demandes.",
    "busy": "Le service est très sollicité. Vos demandes partiront dans un instant.",
    "internal": "Une erreur est survenue de notre côté. Rien n’a été perdu ; réessayez dans un instant.",
}

STATUSES = {
    "malformed": 400,
    "reason_needed": 400,
    "identity_unchecked": 400,
    "no_consent": 409,
    "still_owed": 409,
    "already_decided": 409,
    "identity_linked": 409,
    "identity_differs": 409,
    "password_first": 409,
    "visit_over": 410,
    "quotient_unavailable": 502,
    "not_configured": 404,
    "wrong_password": 400,
    "wrong_code": 400,
    "factor_known": 400,
    "password_refused": 400,
    "fields": 400,
    "link_unknown": 400,
    "link_used": 400,
    "link_expired": 400,
    "file_taken": 409,
    "text_changed": 409,
    "step_missing": 409,
    "sign_up_over": 409,
    "not_waiting": 409,
    "enough_mails": 429,
    "enough_invitations": 429,
    "code_unknown": 400,
    "not_activated": 403,
    "sign_in": 401,
    "sign_in_again": 401,
    "wrong_credentials": 401,
    "not_allowed": 403,
    "cross_site": 403,
    "other_account": 403,
    "device_revoked": 403,
    "not_found": 404,
    "file_unknown": 400,
    "code_unknown": 400,
    "file_taken": 409,
    "text_changed": 409,
    "step_missing": 409,
    "sign_up_over": 409,
    "not_waiting": 409,
    "enough_mails": 429,
    "enough_invitations": 429,
    "method_not_allowed": 405,
    "identity_conflict": 409,
    "device_unknown": 410,
    "too_large": 413,
    "not_json": 415,
    "upgrade_required": 426,
    "too_many_attempts": 429,
    "internal": 500,
    "busy": 503,
}


class Refusal(Exception):
    """The request is refused as a whole: `code` is one of `STATUSES`, `facts` explain it."""

    def __init__(self, code: str, *, retry_after: int | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        return STATUSES[self.code]

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": SENTENCES[self.code].format(**self.facts), "facts": self.facts}}
