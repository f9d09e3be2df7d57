"""Names for invented families: common first and last names of many origins, drawn at random. Nobody is meant."""

FIRST_NAMES = (
    "Adam", "Adèle", "Agathe", "Alice", "Amel", "Amina", "Ana", "Anaïs", "Anouk", "Antoine", "Arthur", "Assia", "Aya",
    "Baptiste", "Bintou", "Camille", "Candice", "Célia", "Charlie", "Chloé", "Clara", "Clément", "Côme", "Daniel",
    "Djibril", "Elias", "Élise", "Emma", "Enzo", "Esther", "Ethan", "Eva", "Fanta", "Farah", "Gabriel", "Giulia",
    "Hana", "Hugo", "Inaya", "Inès", "Ismaël", "Iris", "Jade", "Jeanne", "Joseph", "Jules", "Julia", "Kadiatou",
    "Kenza", "Kévin", "Lamine", "Léna", "Léo", "Léon", "Lina", "Louis", "Louise", "Lucas", "Lucie", "Maël", "Malik",
    "Manon", "Marco", "Margaux", "Mariam", "Marius", "Maryam", "Mathis", "Maya", "Mehdi", "Mia", "Milan", "Mohamed",
    "Nathan", "Nina", "Nolan", "Nour", "Olivia", "Oscar", "Ousmane", "Paul", "Pedro", "Rafael", "Rania", "Raphaël",
    "Rayan", "Robin", "Romane", "Rose", "Sacha", "Salomé", "Samuel", "Sarah", "Simon", "Sofia", "Suzanne", "Tao",
    "Théo", "Tiago", "Timéo", "Tom", "Valentin", "Victor", "Wassim", "Yanis", "Yasmine", "Youssef", "Zélie", "Zoé",
)  # fmt: skip

PARENT_NAMES = (
    "Abdel", "Adama", "Agnès", "Aïcha", "Alexandre", "Anne", "Audrey", "Aurélie", "Awa", "Benoît", "Carla", "Caroline",
    "Cécile", "Christelle", "Cristina", "David", "Delphine", "Élodie", "Émilie", "Fabrice", "Fatima", "Florence",
    "Franck", "Guillaume", "Hakim", "Hélène", "Isabel", "Jérôme", "João", "Julie", "Karim", "Karine", "Laetitia",
    "Laurent", "Leïla", "Linh", "Mamadou", "Marie", "Marina", "Mathieu", "Mélanie", "Mickaël", "Mourad", "Myriam",
    "Nadège", "Nicolas", "Nora", "Olivier", "Patricia", "Pauline", "Rachid", "Rosa", "Sabrina", "Samia", "Sandrine",
    "Sébastien", "Sonia", "Stéphane", "Sylvain", "Thomas", "Vanessa", "Vincent", "Virginie", "Yacine", "Yann",
)  # fmt: skip

LAST_NAMES = (
    "Aubert", "Bah", "Barbier", "Baptista", "Belkacem", "Benoit", "Bernard", "Bertrand", "Blanc", "Bonnet", "Bouchard",
    "Boukhari", "Boyer", "Brun", "Camara", "Carpentier", "Chevalier", "Cissé", "Colin", "Costa", "Coulibaly",
    "Da Silva", "Dembélé", "Denis", "Diarra", "Dubois", "Dufour", "Dumont", "Dupont", "Durand", "El Amrani", "Fabre", "Faure",
    "Fernandes", "Ferreira", "Fofana", "Fontaine", "Fournier", "François", "Garnier", "Gauthier", "Girard", "Gomes",
    "Guérin", "Haddad", "Henry", "Ibrahimi", "Joly", "Kaya", "Keïta", "Konaté", "Lambert", "Lefebvre", "Legrand",
    "Lemaire", "Leroy", "Lopes", "Lucas", "Mansouri", "Marchand", "Marques", "Mathieu", "Mercier", "Meunier", "Meyer",
    "Michel", "Moreau", "Morel", "Morin", "N’Diaye", "Nguyen", "Nicolas", "Noël", "Olivier", "Pereira", "Perrin",
    "Petrescu", "Pham", "Picard", "Popescu", "Renard", "Richard", "Rivière", "Robert", "Rodrigues", "Rousseau", "Roux",
    "Sanchez", "Sangaré", "Santos", "Simon", "Sow", "Sylla", "Tahiri", "Thomas", "Touré", "Tran", "Traoré", "Vidal",
    "Vincent", "Yildiz", "Zerrouki",
)  # fmt: skip
