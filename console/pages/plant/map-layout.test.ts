import fc from "fast-check";
import { expect, test } from "vitest";
import { type Box, layoutMap, type MapZone } from "./map-layout.ts";

const zone = (id: string, level: number, parent: string | null = null): MapZone => ({
  id,
  level,
  parent,
});
const asset = (id: string, inZone: string) => ({ id, zone: inZone });

function boxOf(boxes: readonly Box[], id: string): Box {
  const box = boxes.find((each) => each.id === id);
  if (box === undefined) throw new Error(`no box ${id}`);
  return box;
}

const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test("a higher Purdue level stands above a lower one", () => {
  const { zones } = layoutMap([zone("plc", 1), zone("dmz", 3.5), zone("office", 4)], [], []);
  const tops = ["office", "dmz", "plc"].map((id) => boxOf(zones, id).y);
  expect(tops).toEqual([...tops].sort((a, b) => a - b));
  expect(new Set(tops).size).toBe(3);
});

test("a zone within another lies inside it, below its own assets", () => {
  const { zones, assets } = layoutMap(
    [zone("site", 3), zone("cell", 1, "site")],
    [asset("historian", "site"), asset("plc", "cell")],
    [],
  );
  const [site, cell] = [boxOf(zones, "site"), boxOf(zones, "cell")];
  const historian = boxOf(assets, "historian");
  expect(cell.parent).toBe("site");
  expect(cell.y).toBeGreaterThan(historian.y + historian.height);
  expect(cell.x + cell.width).toBeLessThan(site.width);
  expect(cell.y + cell.height).toBeLessThan(site.height);
});

test("a conduit joins the sides that face each other and names its protocols", () => {
  const { lines } = layoutMap(
    [zone("dmz", 3.5), zone("cell", 1)],
    [],
    [
      { from: "dmz", to: "cell", protocols: ["modbus", "ssh"] },
      { from: "cell", to: "dmz", protocols: [] },
    ],
  );
  expect(lines[0]).toMatchObject({ fromHandle: "bottom", toHandle: "top", label: "modbus, ssh" });
  expect(lines[1]).toMatchObject({ fromHandle: "top", toHandle: "bottom" });
});

test("a conduit into a zone's own part starts at that zone's head", () => {
  const { lines } = layoutMap(
    [zone("site", 3), zone("cell", 1, "site")],
    [],
    [{ from: "site", to: "cell", protocols: ["modbus"] }],
  );
  expect(lines[0]).toMatchObject({ fromHandle: "inside", toHandle: "top" });
});

test("a conduit to a zone that this person may not see is left out", () => {
  const { lines } = layoutMap([zone("a", 1)], [], [{ from: "a", to: "b", protocols: [] }]);
  expect(lines).toEqual([]);
});

test("a zone whose parent this person may not see stands on the map itself", () => {
  const { zones } = layoutMap([zone("cell", 1, "hidden")], [], []);
  expect(boxOf(zones, "cell").parent).toBeNull();
});

test("whatever the plant, nothing overlaps and parts stay within their zone", () => {
  const plant = fc.array(fc.record({ level: fc.constantFrom(1, 2, 3, 4), up: fc.nat(9) }), {
    minLength: 1,
    maxLength: 10,
  });
  fc.assert(
    fc.property(plant, fc.array(fc.nat(9), { maxLength: 30 }), (specs, places) => {
      const zones = specs.map(({ level, up }, index) =>
        zone(`z${index}`, level, index > 0 && up < index ? `z${up}` : null),
      );
      const assets = places.map((place, index) => asset(`a${index}`, `z${place % zones.length}`));
      const layout = layoutMap(zones, assets, []);
      expect(layout.zones.length).toBe(zones.length);
      expect(layout.assets.length).toBe(assets.length);
      const all = [...layout.zones, ...layout.assets];
      for (const a of all) {
        const siblings = all.filter((b) => b !== a && b.parent === a.parent);
        expect(siblings.some((b) => overlap(a, b))).toBe(false);
        const around = layout.zones.find((each) => each.id === a.parent);
        if (around) expect(a.x + a.width <= around.width).toBe(true);
        if (around) expect(a.y + a.height <= around.height).toBe(true);
      }
    }),
  );
});

test("a conduit goes around the zones and assets between its ends", () => {
  const { lines, zones, assets } = layoutMap(
    [zone("office", 4), zone("dmz", 3.5), zone("site", 3), zone("cell", 1, "site")],
    [asset("proxy", "dmz"), asset("historian", "site"), asset("plc", "cell")],
    [{ from: "office", to: "cell", protocols: ["modbus"] }],
  );
  const { points = [] } = lines[0] ?? {};
  const passed = [boxOf(zones, "dmz"), ...assets.map((box) => onMap(box, zones))];
  expect(passed.filter((box) => runsThrough(points, box))).toEqual([]);
  expect(points.length).toBeGreaterThan(2);
});

test("two zones that face each other are joined by one straight line", () => {
  const { lines } = layoutMap(
    [zone("dmz", 3.5), zone("cell", 1)],
    [],
    [{ from: "dmz", to: "cell", protocols: [] }],
  );
  expect(lines[0]?.points.length).toBe(2);
});

test("whatever the plant, no conduit runs through an asset", () => {
  const plant = fc.array(fc.record({ level: fc.constantFrom(1, 2, 3, 4), up: fc.nat(9) }), {
    minLength: 2,
    maxLength: 8,
  });
  const places = fc.array(fc.nat(9), { maxLength: 20 });
  const pairs = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 6 });
  fc.assert(
    fc.property(plant, places, pairs, (specs, assetPlaces, ends) => {
      const zones = specs.map(({ level, up }, index) =>
        zone(`z${index}`, level, index > 0 && up < index ? `z${up}` : null),
      );
      const name = (place: number) => `z${place % zones.length}`;
      const layout = layoutMap(
        zones,
        assetPlaces.map((place, index) => asset(`a${index}`, name(place))),
        ends.map(([from, to]) => ({ from: name(from), to: name(to), protocols: [] })),
      );
      for (const { points } of layout.lines) {
        const hit = layout.assets.filter((box) => runsThrough(points, onMap(box, layout.zones)));
        expect(hit).toEqual([]);
      }
    }),
  );
});

function onMap(box: Box, zones: readonly Box[]): Box {
  const around = zones.find((each) => each.id === box.parent);
  if (around === undefined) return box;
  const { x, y } = onMap(around, zones);
  return { ...box, x: box.x + x, y: box.y + y };
}

type Points = readonly { readonly x: number; readonly y: number }[];

function runsThrough(points: Points, box: Box): boolean {
  return points.some((point, n) => {
    const next = points[n + 1] ?? point;
    const way = {
      ...{ id: "", parent: null },
      x: Math.min(point.x, next.x),
      y: Math.min(point.y, next.y),
      width: Math.abs(point.x - next.x),
      height: Math.abs(point.y - next.y),
    };
    return overlap(way, box);
  });
}
