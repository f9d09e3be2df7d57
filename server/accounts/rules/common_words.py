"""The words that people choose first, in France: the stems of the blocklist. With the digits, signs, capitals and pairs that
`passwords.py` sees through, they stand for many more passwords than any list of three thousand."""

COMMON_WORDS = frozenset(
    """
    aaa abc abcd abcde abcdef abcdefgh abcdefghijkl abeille acces adam admin administrateur afrique ahmed aicha
    alain alexandre algerie ali alice allah allezlesbleus alsace amandine amerique aminata amine amour andrew
    android ange angel anna anne annee anthony antoine aout apple arcenciel argent argentine arthur asdfgh
    asdfghjkl ashley asse asterix audi aurelie aurevoir automne autumn avril azerty azertyui azertyuiop baby
    bailey bambi banane banque barcelona baseball basket batman bb bbb beau bebe belle benjamin benzema bernard
    bibi bienvenue biere bilal bismillah bisou bisous black blanc blanche bleu bleue bmw bonbon bonheur bonjour
    bordeaux boss bouygues boy bresil bretagne brigitte bureau burger buster butterfly cafe calin cameroun
    camille camion canard cantine caramel carte catherine celine cent cerise champion chance changeme chantal
    chanteuse charlie charlotte chat chaton cheese cheri cherie cheval chien chiot chloe chocolat chouchou
    choupette choupinette chretien christian christine christophe ciel cinema cinq citroen citron clara classe
    clavier clio coccinelle cochon coco cocotte code coeur college comores compte computer congo connexion cookie
    cool corse coucou credit croix crystal dallas daniel danse danseuse dauphin david decembre dede demo deux
    diamond didi dieu dimanche disney dix doudou dragon dragonball draveil ducati ecole ecran egalite elena
    elephant elodie emilie emma enfant enfants enzo eric espagne essai essonne ete ethan etoile etoiles euro
    europe euros eva evry exemple facebook famille fatima fatou fcnantes ferrari fevrier fifi fille fils fleur
    fleurs florian flower foot football foret forever fortnite fraise francais france francoise fraternite
    frederic free freebox freedom frere frodo fun gabriel gandalf gateau genial george gigi ginger girafe girl
    girondins gmail goku golden google green grenouille griezmann gris guadeloupe guillaume guitare hamdoulillah
    hamster happy harley harrypotter hello histoire hiver hogwarts honda hot hotmail hugo huit hulk hunter
    ibrahim iloveyou inchallah ines instagram internet iphone ironman isabelle islam italie jacques jade janvier
    jardin jasmin jaune jean jennifer jerome jessica jesus jetaime jeudi joie jordan joshua jtm judo juillet juin
    juju jules julie julien karim kevin khadija kiki killer king lac laetitia lapin laura laurent lavande lea
    leila leo letmein liam liberte licorne lille lina lion livebox livre login lola loli lolo londres losc loto
    louis louise loulou louloute loup love lovely loveyou lucas lucie luffy lulu lundi lune lycee lyon madrid
    magie mai mairie maison maitresse mali maman mamanpapa mamie man manon mardi margaux marguerite mariam marie
    mario marion maroc marraine mars marseille martine martinique master maternelle mathieu mathilde matrix
    matthew matthieu maverick maxime mayotte mbappe mdp megane mehdi melissa meme mer mercedes merci mercredi
    messi metal michael michel mickey microsoft mille million mimi minecraft minette minnie minou mlkjhg mobile
    mohamed momo monique monkey montagne montpellier morgane motdepasse moto mouton musique mustang nadia nana
    nantes naruto nathalie nathan neige nemo netflix neuf neymar nice nicolas nina ninja noah noe noel noir noire
    nono normandie nounours novembre nutella obelix ocean oceane octobre ogcn oiseau olivier olympique onepiece
    orange orchidee ordinateur ours outlook paix panthere papa papi papillon papy paradis paris parrain pascal
    pass passe passw0rd password pastis patricia patrick paul pauline pepe pepper peugeot philippe phoenix photo
    piano pierre pikachu pirate pizza plage pluie pogba poisson poiuyt pokemon pomme poney porsche portable
    portail portailfamille portugal poule poupette prince princess princesse printemps professeur provence psg
    purple qazwsx qsdfgh qsdfghjklm quatre queen quentin qwerty qwertyuiop rachid ranger rap raphael rayan renard
    renault rennes reunion riche riviere robert roblox rock romain ronaldo root rose rouge rugby saint salut
    samedi samir samira samsung samurai sandrine sangoku sarah sasuke schtroumpf sebastien secret semaine senegal
    sept septembre sexy sfr shadow silver simba singe six snapchat soeur sofia soleil sonic sophie sorciere
    souris spiderman spring star starwars stephane stephanie stitch strasbourg summer sunshine super superman
    suzuki sylvie tata telephone tennis test theo thierry thomas tigger tigre tiktok tintin titi titou tom tonton
    top tortue toto toujours toulouse travail tresor trois tropiques trustno tulipe tunisie turquie turquoise un
    user utilisateur vacances vache valerie vampire vanessa vanille velo vendredi veronique vert vie vierge
    vigneux ville vincent violet violette virginie voiture welcome whatever whatsapp white wifi windows winter
    woman word wxcvbn yahoo yamaha yanis yankees yasmine yellow youssef youtube zaza zelda zero zidane zizou zoe
    zozo zxcvbn zxcvbnm
    """.split()  # noqa: SIM905
)
