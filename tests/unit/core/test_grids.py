"""Numbered squares over an outline."""

import pytest

from cwf_portal.core.grids import grid, square_around, squares_of

LONG = {"type": "Polygon", "coordinates": [[[-1, 53], [-0.9, 53], [-0.9, 53.2], [-1, 53.2], [-1, 53]]]}
CORNER = {"type": "Polygon", "coordinates": [[[-1, 53], [-0.9, 53], [-1, 53.06], [-1, 53]]]}
NOWHERE = {"type": "Polygon", "coordinates": []}


def test_squares_are_numbered_from_the_north_west_and_fit_the_picture():
    drawn = grid(LONG)

    assert [square.number for square in drawn.squares] == list(range(1, len(drawn.squares) + 1))
    assert (drawn.squares[0].where, drawn.squares[-1].where) == ("north-west", "south-east")
    assert all(0 <= square.x <= drawn.width and 0 <= square.y <= drawn.height for square in drawn.squares)


def test_squares_that_the_place_does_not_reach_have_no_number():
    """A triangle: half of its box is not the place."""
    drawn = grid(CORNER)

    assert {square.where for square in drawn.squares} >= {"north-west", "south-east"}
    assert "north-east" not in {square.where for square in drawn.squares}


@pytest.mark.parametrize("outline", [LONG, CORNER])
def test_the_middle_of_a_square_leads_back_to_it(outline):
    for square in grid(outline).squares:
        found = square_around(outline, square.longitude, square.latitude).squares[0]
        assert (found.x, found.y, found.where, found.is_chosen) == (square.x, square.y, square.where, True)


@pytest.mark.parametrize("outline", [LONG, CORNER])
def test_places_are_found_in_the_squares_with_their_numbers(outline):
    """As each square's middle is stored for an idea."""
    squares = grid(outline).squares
    drawn, numbers = squares_of(outline, [(one.longitude, one.latitude) for one in squares[1:]] + [(-3, 53)])

    assert numbers == [*(one.number for one in squares[1:]), 0]
    assert [one.is_chosen for one in drawn.squares] == [False, *(True for _ in squares[1:])]
    assert squares_of(NOWHERE, [(-1, 53)])[1] == [0]


def test_a_hole_is_not_the_place():
    hole = [[-0.99, 53.09], [-0.91, 53.09], [-0.91, 53.11], [-0.99, 53.11], [-0.99, 53.09]]
    ring = {"type": "Polygon", "coordinates": [*LONG["coordinates"], hole]}

    assert len(grid(ring).squares) <= len(grid(LONG).squares)


def test_without_an_outline_or_outside_of_it_there_is_no_square():
    assert grid(NOWHERE).squares == []
    assert square_around(NOWHERE, -1, 53).squares == []
    assert square_around(LONG, -3, 53).squares == []
