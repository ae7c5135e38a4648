"""People's names: first and last names that stand in two columns, which only together say who bought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["joined_names", "names_in_two"]

#: Words of heads of first and of last names.
_FIRST = frozenset({
    "first", "firstname", "fname", "given", "givenname", "forename", "vorname", "rufname", "prenom", "nombre",
    "nombres", "nome", "primeiro", "imie", "ad", "adi", "isim", "voornaam", "fornavn", "fornamn", "etunimi", "jmeno",
    "meno", "keresztnev", "utonev", "prenume", "ime", "имя", "имени", "ім", "名", "이름",
})  # fmt: skip
_LAST = frozenset({
    "last", "lastname", "lname", "surname", "family", "familyname", "familienname", "nachname", "zuname", "apellido",
    "apellidos", "cognome", "sobrenome", "apelido", "ultimo", "nazwisko", "soyad", "soyadi", "soyisim", "achternaam",
    "efternavn", "etternavn", "efternamn", "sukunimi", "prijmeni", "priezvisko", "vezeteknev", "csaladnev", "nume",
    "prezime", "priimek", "фамилия", "фамилии", "прізвище", "姓", "氏", "성",
})  # fmt: skip
#: What is a last name beside a first one, and of which others it may be the name.
_NAMES, _OTHERS = frozenset({"name", "nom", "naam", "namn", "navn"}), frozenset({
    "product", "item", "company", "shop", "store", "file", "user", "campaign", "discount", "order", "lineitem",
    "produkt", "artikel", "firma", "middle", "event", "city", "country", "category", "last_login", "date", "order_date",
    "purchase", "visit", "login", "shipping", "employee", "staff", "agent", "seller", "contact_owner", "time",
})  # fmt: skip


#: Words that speak of names beside one of these alone, or by themselves: first_touch is none.
_OF_MORE = frozenset({"first", "last", "given", "family", "ad", "ultimo", "primeiro"})
_ALL_OF_PEOPLE = _FIRST | _LAST | _NAMES | {
    "customer", "client", "cliente", "kunde", "kunden", "klant", "klient", "kund", "billing", "bill", "buyer",
    "contact", "of", "person", "member", "guest", "patient", "shopper", "payer", "recipient", "holder", "card", "1",
}  # fmt: skip


def names_in_two(plain: Sequence[str]) -> tuple[int, int] | None:
    """Return the columns of first and of last names, None where there are no two such.

    Parameters
    ----------
    plain : sequence of str
        Heads in small letters with underscores.

    Examples
    --------
    >>> names_in_two(["date", "first_name", "last_name"]), names_in_two(["name", "vorname", "datum"])
    ((1, 2), (1, 0))
    >>> names_in_two(["customer_name", "customer_surname"]), names_in_two(["customer_name", "contact_last_name"])
    ((0, 1), None)
    >>> names_in_two(["first_touch_channel", "last_touch_channel"]), names_in_two(["name", "date"])
    (None, None)
    """
    words = [_words_of_name(head) for head in plain]
    of_people = [at for at, said in enumerate(words) if not said & _OTHERS]
    first = [at for at in of_people if words[at] & _FIRST]
    last = [at for at in of_people if words[at] & _LAST]
    named = [at for at in of_people if words[at] & _NAMES and at not in (*first, *last)]
    first, last = first or named, last or named
    # The names of one: customer_name beside contact_last_name are those of two.
    whose = [words[at] - _FIRST - _LAST - _NAMES for at in (*first, *last)]
    return (first[0], last[0]) if len(first) == len(last) == 1 and first != last and whose[0] == whose[1] else None


def _words_of_name(head: str) -> set[str]:
    """Return the words of a head; those that speak of more than names only where all others speak of names."""
    words = set(head.split("_"))
    return words if words <= _ALL_OF_PEOPLE else words - _OF_MORE


def joined_names(columns: Sequence[Any], compute: Any) -> Any:
    """Return the names that several columns say together; what is missing in one is left out.

    Parameters
    ----------
    columns : sequence of pyarrow array of str
        What is missing is ''.
    compute : module
        Loaded by the caller.

    Examples
    --------
    >>> import pyarrow
    >>> from pyarrow import compute
    >>> joined_names([pyarrow.array(["Ann", ""]), pyarrow.array(["Lee", "Ray"])], compute).to_pylist()
    ['Ann Lee', 'Ray']
    """
    return compute.utf8_trim_whitespace(compute.binary_join_element_wise(*columns, " "))
