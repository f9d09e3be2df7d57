"""Why a tariff is refused when it is entered, in one sentence."""

from server.tariffs.rules import Fault

SENTENCES = {
    "gap": "Un quotient de {from} € à {to} € (exclu) ne tombe dans aucune tranche.",
    "overlap": "Un quotient de {quotient} € tombe dans deux tranches : « {first} » et « {second} ».",
    "not_open": "Un quotient de {from} € ou plus ne tombe dans aucune tranche : la dernière doit rester ouverte.",
    "no_bracket": "Aucune tranche n’est saisie.",
    "empty_bracket": "La tranche « {label} » est vide : elle finit avant de commencer.",
    "ceiling_below_floor": "Le plafond ({ceiling} centimes) est plus bas que le plancher ({floor} centimes).",
    "too_few_points": "Un tarif linéaire demande au moins deux points.",
    "points_not_in_order": "Les points doivent aller par quotient croissant : {quotient} € n’est pas à sa place.",
    "highest_of_itself": "« Le plus élevé » ne vaut que pour les familles extérieures à la commune.",
    "empty_span": "La condition « de {from} à {to} » n’est jamais remplie.",
    "twice": "Le code « {code} » est saisi deux fois.",
    "too_many_traits": "Un tarif distingue au plus {most} situations particulières.",
    "too_many_situations": "Ce tarif distingue trop de cas : au plus {most} à la fois (rangs, nombre d’enfants, situations, jours).",
    "nobody_pays": "Aucune grille ne convient à certaines familles (résidentes : {resident}, rang {rank}, situations {traits}).",
    "no_highest": "Sans plafond, une famille sans quotient n’a pas de prix : ajoutez un plafond ou un montant « quotient inconnu ».",
    "decreasing": "Au-dessus de {quotient} €, un quotient plus élevé paierait moins.",
    "negative": "Un prix ne peut pas être négatif.",
    "shape": "Cette saisie n’est pas un tarif : {detail}",
}


def fault_sentence(fault: Fault) -> str:
    return SENTENCES[fault.code].format(**fault.facts)
