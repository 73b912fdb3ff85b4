/** A conduit on the map: the way that the layout found for it, its bends rounded, and its protocols. */
import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import type { Point } from "./map-route.ts";

export type ConduitEdgeType = Edge<
  { readonly points: readonly Point[]; readonly labelAt: Point },
  "conduit"
>;

const RADIUS = 6;

export function ConduitEdge({ id, data, label }: EdgeProps<ConduitEdgeType>) {
  if (data === undefined) return null;
  return (
    <BaseEdge
      id={id}
      path={pathOf(data.points)}
      label={label}
      labelX={data.labelAt.x}
      labelY={data.labelAt.y}
      labelBgPadding={[6, 3]}
      labelBgBorderRadius={3}
    />
  );
}

function pathOf(points: readonly Point[]): string {
  return points
    .map((point, n) => {
      const [before, after] = [points[n - 1], points[n + 1]];
      if (before === undefined) return `M ${point.x} ${point.y}`;
      if (after === undefined) return `L ${point.x} ${point.y}`;
      const [start, end] = [towards(point, before), towards(point, after)];
      return `L ${start.x} ${start.y} Q ${point.x} ${point.y} ${end.x} ${end.y}`;
    })
    .join(" ");
}

/** A little way from a bend along one of its legs. */
function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(RADIUS, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
