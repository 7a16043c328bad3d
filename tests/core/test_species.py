import re
from collections import Counter

import pytest

from envirosense.core.errors import UnknownNameError
from envirosense.core.species import species, species_table

WEIGHT = {  # IUPAC abridged standard atomic weights [g/mol]
    "C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999, "S": 32.06, "Cl": 35.45, "Si": 28.085,
    "F": 18.998, "P": 30.974, "He": 4.0026, "Ar": 39.95,
}  # fmt: skip


@pytest.mark.parametrize("gas", species_table().values(), ids=lambda gas: gas.name)
def test_molar_mass_is_the_sum_of_the_formula(gas):
    pieces = re.findall(r"([A-Z][a-z]?)(\d*)", gas.formula)
    assert "".join(element + count for element, count in pieces) == gas.formula
    mass_g_mol = sum(WEIGHT[element] * int(count or 1) for element, count in pieces)
    assert gas.molar_mass_g_mol == pytest.approx(mass_g_mol, abs=0.006)


def test_no_name_leads_to_two_gases():
    names = Counter(
        name for gas in species_table().values() for name in {a.lower() for a in (gas.name, *gas.aliases)}
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_aliases_lead_to_the_gas_whatever_the_case():
    for gas in species_table().values():
        for alias in (gas.name, *gas.aliases):
            assert species(alias) is gas
            assert species(alias.upper()) is gas


def test_a_misspelt_gas_is_never_a_new_gas():
    with pytest.raises(UnknownNameError, match="did you mean 'formaldehyde'"):
        species("formaldehide")


def test_what_the_wood_gives_off_is_known():
    for name in ("carbon_monoxide", "formaldehyde", "acetic_acid", "furfural", "guaiacol"):
        assert species(name).name == name
