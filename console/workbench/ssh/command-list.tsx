/** The commands that the profile names, one button each. */
import { Button } from "@mantine/core";
import { terminalText as words } from "../../text/terminal.ts";

interface CommandListProps {
  readonly commands: readonly string[];
  readonly disabled: boolean;
  readonly onRun: (command: string) => void;
}

export function CommandList({ commands, disabled, onRun }: CommandListProps) {
  if (commands.length === 0) {
    return (
      <p className="wb-quiet">
        <strong>{words.nothingTitle}.</strong> {words.nothingBody}
      </p>
    );
  }
  return (
    <fieldset className="ssh-commands">
      <legend>{words.commands}</legend>
      <p className="wb-quiet">{words.chooseBody}</p>
      {commands.map((command) => (
        <Button
          key={command}
          className="ssh-command"
          size="xs"
          variant="default"
          disabled={disabled}
          onClick={() => onRun(command)}
        >
          {command}
        </Button>
      ))}
    </fieldset>
  );
}
