/** What is wrong with a text, each with its place; where there is an editor, the place leads there. */
import type { PlantProblemView } from "../../../broker/api/shapes/plant-file.ts";
import { plantFileText } from "../../text/plant-file.ts";

interface ProblemListProps {
  readonly problems: readonly PlantProblemView[];
  readonly onGoTo?: (problem: PlantProblemView) => void;
}

export function ProblemList({ problems, onGoTo }: ProblemListProps) {
  return (
    <ul>
      {problems.map((problem) => {
        const place = `${problem.line}:${problem.column}`;
        return (
          <li key={`${place} ${problem.path} ${problem.message}`}>
            {problem.line > 0 && onGoTo && (
              <button
                type="button"
                className="sp-policy-place sp-mono"
                aria-label={plantFileText.edit.goTo(place)}
                onClick={() => onGoTo(problem)}
              >
                {place}
              </button>
            )}
            {problem.line > 0 && !onGoTo && <span className="sp-mono">{place}</span>}{" "}
            {problem.message}
          </li>
        );
      })}
    </ul>
  );
}
