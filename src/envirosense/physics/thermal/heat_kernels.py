"""Stepping kernel of the component heat network.

One step is an extrapolated linearly implicit Euler step: twice the result of two half steps minus that of
one whole step. It is of second order, damps arbitrarily fast nodes (a jump of a node much faster than the
step overshoots by less than 4 %) and moves along links exactly the heat that leaves at one end and arrives
at the other. The matrix is symmetric and positive definite; its elimination order is found once per call,
so a tree of nodes costs a time proportional to its size.
"""
# mypy: allow-untyped-decorators

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.physics.thermal.joint import ALUMINIUM_MELTING_K, RESISTANCE_REFERENCE_K

COLDEST_K, HOTTEST_K = 160.0, 3000.0  # nodes are held between: no law of the network reaches further; assumed

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Flags = npt.NDArray[np.bool_]


@njit(cache=True, nogil=True, error_model="numpy")
def elimination_plan(n_nodes: int, link_a: Ints, link_b: Ints) -> tuple[Ints, Ints, Ints]:
    """Order (node,), later neighbours (node, node) and their number (node,), by minimum degree."""
    linked = np.zeros((n_nodes, n_nodes), dtype=np.bool_)
    for link in range(link_a.size):
        linked[link_a[link], link_b[link]] = True
        linked[link_b[link], link_a[link]] = True
    order = np.empty(n_nodes, dtype=np.int64)
    later = np.zeros((n_nodes, n_nodes), dtype=np.int64)
    n_later = np.zeros(n_nodes, dtype=np.int64)
    waiting = np.ones(n_nodes, dtype=np.bool_)
    for turn in range(n_nodes):
        pivot, fewest = -1, n_nodes + 1
        for node in range(n_nodes):
            if waiting[node]:
                degree = 0
                for other in range(n_nodes):
                    degree += waiting[other] and linked[node, other]
                if degree < fewest:
                    pivot, fewest = node, degree
        order[turn] = pivot
        waiting[pivot] = False
        for other in range(n_nodes):
            if waiting[other] and linked[pivot, other]:
                later[pivot, n_later[pivot]] = other
                n_later[pivot] += 1
        for i in range(n_later[pivot]):
            for j in range(n_later[pivot]):
                linked[later[pivot, i], later[pivot, j]] = i != j or linked[later[pivot, i], later[pivot, j]]
    return order, later, n_later


@njit(cache=True, nogil=True, error_model="numpy")
def _solve_in_place(matrix: Floats, rhs: Floats, order: Ints, later: Ints, n_later: Ints) -> None:
    """Replace rhs by the solution; touches only entries that the plan names."""
    for turn in range(order.size):
        pivot = order[turn]
        inverse = 1.0 / matrix[pivot, pivot]
        for i in range(n_later[pivot]):
            row = later[pivot, i]
            factor = matrix[row, pivot] * inverse
            for j in range(n_later[pivot]):
                column = later[pivot, j]
                matrix[row, column] -= factor * matrix[pivot, column]
            rhs[row] -= factor * rhs[pivot]
    for turn in range(order.size - 1, -1, -1):
        pivot = order[turn]
        value = rhs[pivot]
        for j in range(n_later[pivot]):
            value -= matrix[pivot, later[pivot, j]] * rhs[later[pivot, j]]
        rhs[pivot] = value / matrix[pivot, pivot]


@njit(cache=True, nogil=True, error_model="numpy")
def _assemble_nodes(
    here_k: Floats,
    inertia_w_k: Floats,
    source_w: Floats,
    film_w_k: Floats,
    natural_w_k125: Floats,
    radiation_w_k4: Floats,
    air_k: float,
    matrix: Floats,
    rhs: Floats,
) -> None:
    """Set the diagonal and the right-hand side from what each node exchanges with air and surroundings."""
    for node in range(here_k.size):
        excess_k = here_k[node] - air_k
        film, slope = film_w_k[node], film_w_k[node]
        natural = natural_w_k125[node] * np.sqrt(np.sqrt(abs(excess_k)))
        if natural > film:
            film, slope = natural, 1.25 * natural  # derivative of |x|^1/4 x
        radiated_w_k = radiation_w_k4[node] * here_k[node] ** 3
        rhs[node] = source_w[node] - film * excess_k - radiated_w_k * here_k[node]
        matrix[node, node] = inertia_w_k[node] + slope + 4.0 * radiated_w_k


@njit(cache=True, nogil=True, error_model="numpy")
def _add_currents(
    here_k: Floats, carrier: Ints, heat_w: Floats, slope_per_k: Floats, matrix: Floats, rhs: Floats
) -> None:
    """Add heat of currents, whose growth with temperature ends where aluminium melts."""
    for i in range(carrier.size):
        node = carrier[i]
        hot_k = min(here_k[node], ALUMINIUM_MELTING_K)
        rhs[node] += heat_w[i] * (1.0 + slope_per_k[i] * (hot_k - RESISTANCE_REFERENCE_K))
        if here_k[node] < ALUMINIUM_MELTING_K:
            # a runaway joint may not make the matrix indefinite: the excess is stepped explicitly
            growth_w_k = slope_per_k[i] * heat_w[i]
            matrix[node, node] -= min(growth_w_k, 0.5 * matrix[node, node])


@njit(cache=True, nogil=True, error_model="numpy")
def _add_links(
    here_k: Floats, link_a: Ints, link_b: Ints, link_w_k: Floats, fixed: Flags, matrix: Floats, rhs: Floats
) -> None:
    """Add conduction between nodes, then pin the fixed ones."""
    for link in range(link_a.size):
        a, b, conductance = link_a[link], link_b[link], link_w_k[link]
        flow_w = conductance * (here_k[b] - here_k[a])
        rhs[a] += flow_w
        rhs[b] -= flow_w
        matrix[a, a] += conductance
        matrix[b, b] += conductance
        if not (fixed[a] or fixed[b]):
            matrix[a, b] -= conductance
            matrix[b, a] -= conductance
    for node in range(here_k.size):
        if fixed[node]:
            rhs[node] = 0.0
            matrix[node, node] = 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def _clear_couplings(matrix: Floats, later: Ints, n_later: Ints) -> None:
    for node in range(n_later.size):
        for j in range(n_later[node]):
            matrix[node, later[node, j]] = 0.0
            matrix[later[node, j], node] = 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _held(temperature_k: float) -> float:
    """A node's temperature within what the network's laws can step from."""
    return min(max(temperature_k, COLDEST_K), HOTTEST_K)


@njit(cache=True, nogil=True, error_model="numpy")
def step_network(
    start_k: Floats,
    step_s: float,
    capacity_j_k: Floats,
    fixed: Flags,
    radiation_w_k4: Floats,
    natural_w_k125: Floats,
    air_k: Floats,
    source_w: Floats,
    film_w_k: Floats,
    link_a: Ints,
    link_b: Ints,
    link_w_k: Floats,
    carrier: Ints,
    current_w: Floats,
    slope_per_k: Floats,
    temperature_k: Floats,
) -> None:
    """Fill temperature_k (time, node); row i of a drive acts over the step that ends at row i."""
    n_nodes = start_k.size
    order, later, n_later = elimination_plan(n_nodes, link_a, link_b)
    matrix = np.zeros((n_nodes, n_nodes))
    change_k = np.empty(n_nodes)
    whole_w_k, half_w_k = capacity_j_k / step_s, capacity_j_k / (0.5 * step_s)
    before_k, here_k, whole_k = start_k.copy(), start_k.copy(), start_k.copy()
    for i in range(air_k.size):
        for part in range(3):  # one whole step, then two halves
            inertia_w_k = whole_w_k if part == 0 else half_w_k
            _clear_couplings(matrix, later, n_later)
            _assemble_nodes(
                here_k,
                inertia_w_k,
                source_w[i],
                film_w_k[i],
                natural_w_k125,
                radiation_w_k4,
                air_k[i],
                matrix,
                change_k,
            )
            _add_currents(here_k, carrier, current_w[i], slope_per_k, matrix, change_k)
            _add_links(here_k, link_a, link_b, link_w_k[i], fixed, matrix, change_k)
            _solve_in_place(matrix, change_k, order, later, n_later)
            if part == 0:
                for node in range(n_nodes):
                    whole_k[node] = _held(before_k[node] + change_k[node])
            else:
                for node in range(n_nodes):
                    here_k[node] = _held(here_k[node] + change_k[node])
        for node in range(n_nodes):
            better_k = 2.0 * here_k[node] - whole_k[node]
            if COLDEST_K < better_k < HOTTEST_K:  # else the halves stand alone
                here_k[node] = better_k
            before_k[node] = here_k[node]
            temperature_k[i, node] = here_k[node]
