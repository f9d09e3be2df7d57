"""Why a file was not taken, in the words of the person who chose it."""

SENTENCES = {
    "empty": "Ce fichier est vide.",
    "kind": "Ce type de fichier n’est pas accepté : envoyez une photo (JPEG, PNG, HEIC), un PDF ou un document Word, Excel, PowerPoint"
    " ou LibreOffice.",
    "old_office": "Les anciens formats .doc, .xls et .ppt ne sont pas acceptés : enregistrez le document en PDF ou en .docx.",
    "damaged": "Ce fichier est abîmé ou incomplet : il ne s’ouvre pas.",
    "locked": "Ce document est protégé par un mot de passe : enregistrez-en une copie sans protection.",
    "active": "Ce document contient un programme ou un autre fichier : imprimez-le en PDF, puis joignez ce PDF.",
    "pixels": "Cette image est trop grande : 64 millions de pixels au plus.",
    "heavy": "Ce fichier est trop lourd à ouvrir une fois décompressé.",
}


def sentence(why: str) -> str:
    return SENTENCES[why]
