"""Words around names: titles, joiners, short forms and cities of Indonesia and Romania."""

from __future__ import annotations


def _every(words: str) -> frozenset[str]:
    return frozenset(words.split())


# how people are addressed in Indonesia; faith and learning; what shops put before a name; Romania
TITLES = _every(
    """
    pak bapak bpk bp bu ibu kak kaka kakak mas mbak mba mb bang abang bg om tante tan ci cici cece
    koh ko kokoh engkoh neng teh teteh aa akang kang mang uda uni bli mbok sis bro gan agan sist
    bunda ayah umi ummi abi mama papa adik dek bude pakde bulik paklik nyonya tuan nona
    tn ny nn sdr sdri saudara saudari almarhum alm

    h hj haji hajah hajjah ust ustad ustadz ustadzah kyai kiai gus
    dr drs dra drg ir prof se sh st sp si skom spd ssi sik mm mt msi mkom mpd amd skm

    cust customer pelanggan pembeli reseller client klien kontak clienta

    dl dna dnul domn domnul doamna domnisoara drei ing av ec nea tanti nenea jr sr
    mr mrs ms miss sir madam
    """
)

JOINERS = _every("bin binti bt al el ul de din van von der la lui si dan and")

SAME_NAME = {
    written: name
    for name, ways in {
        "muhammad": "muh moh mhd muhamad mohammad mohamad mohamed mohammed muhammed mochamad "
        "mochammad moch much muchamad muchammad",
        "abdul": "abd abdoel abdull",
        "ahmad": "achmad akhmad ahmed achmat",
        "siti": "sity",
        "nur": "noor noer",
    }.items()
    for written in ways.split()
}

_SHORT_FORMS = """
alexandru alex sandu sandi alexandra
andreea andreia deea
adrian adi adriana
anamaria ana
bogdan bogdi
cristian cristi cristina
constantin costel costi costica dinu
daniel dani dan daniela
dumitru mitica dima mitru
ecaterina cati katy catalina
elena lena ileana nuti leni
florin florinel florentin
gabriel gabi gabriela
gheorghe george gigi ghita geo
ion ionel ionut nelu ioan
ioana oana
laurentiu lari laur
liviu liviut
magdalena magda
maria mari marioara maricica mioara
mihai misu mihaita mihail
mihaela miki ela
nicolae nicu nicusor
octavian tavi
petru petrica petre
roxana roxi
sebastian sebi
stefan fane stefanita
teodor teo todor teodora
valentin vali valentina
vasile vasilica vasi
victor vic victoras
viorel viorica
agustinus agus
aditya adit
anggraini anggi
bambang bams
dewi devi
fransiskus frans
johanes yohanes johannes yohannes
yusuf jusuf
yulia julia yuli juli
yanto janto
yudi judi yudhi
kristina christina tina
martinus martin
maulana maulan
nurhayati yati
rahmawati wati rahma
rahmat rachmat
ratna ratna
stefanus steven
sulistyowati sulis
susilowati susi
wahyu wahyuni
widya widi
"""

NICKNAMES = {
    word: line.split()[0] for line in _SHORT_FORMS.strip().splitlines() for word in line.split()
}
"""Short form → the name it may stand for."""

_PLACES = """
jakarta jkt jaksel jakbar jaktim jakut jakpus
bandung bdg
surabaya sby
bekasi bks
bogor bgr
depok dpk
tangerang tng tangsel
semarang smg
surakarta solo
yogyakarta jogja yogya jogjakarta yk diy
malang mlg
medan mdn
denpasar dps
bali
makassar mks ujungpandang
palembang plg plb
pekanbaru pku
batam btm
padang pdg
pontianak ptk
balikpapan bpn bpp
samarinda smd
banjarmasin bjm
manado mdo
lampung lpg
cirebon crb
sidoarjo sda
gresik
kediri
jember
tasikmalaya tasik
garut
serang
cilegon
karawang krw
purwokerto pwt
tegal
magelang
salatiga
kudus
pekalongan
madiun
probolinggo
banyuwangi
mataram
lombok
kupang
ambon
jayapura
kendari
palu
gorontalo
jambi
bengkulu
aceh
bucuresti buc bucharest
cluj clujnapoca
timisoara tm
iasi
constanta
craiova
brasov bv
galati
ploiesti
oradea
braila
pitesti
sibiu
bacau
buzau
botosani
suceava
targoviste
focsani
ramnicu
resita
slatina
chisinau
"""

CITIES = {
    word: line.split()[0].title() for line in _PLACES.strip().splitlines() for word in line.split()
}
"""What an address book calls a city → its name."""
