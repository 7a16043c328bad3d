"""Live in a home for two months, look for habits by their times alone, ask the truth how well that went."""

from envirosense.home import HomeGenerator, PatternExtractor
from envirosense.home.patterns.matching import compared, known_pairs

made = HomeGenerator().generate("single_family_house", "medium", "temperate", days=60, seed=4)
print(f"{len(made.home.devices)} devices, {len(made.home.residents)} people, {len(made.log):,} events")

found = PatternExtractor().extract(made.log, made.home, made.context)
score = compared(found, made.planted, made.home, known_pairs(made.rules, made.planted))
print(f"{len(made.planted.patterns)} patterns planted, {len(found)} regularities found")
print(f"of the planted ones precision {score.precision:.2f}, recall {score.recall:.2f}")

for pattern in made.planted.patterns:
    link = pattern.links[-1]
    action = made.home.entities[link.action_entity].entity_id
    print(f"  {pattern.kind.value:<14} {action} in {link.probability:.0%} of the times")
