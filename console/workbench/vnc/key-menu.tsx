/** Keys that cannot be typed here. */
import { Button, Menu } from "@mantine/core";
import { IconKeyboard } from "@tabler/icons-react";
import { panelText as words } from "../../text/panel.ts";
import { CHORDS, FUNCTION_KEYS, type KeyChord } from "./panel-keys.ts";

interface KeyMenuProps {
  readonly disabled: boolean;
  readonly onPress: (chord: KeyChord) => void;
}

export function KeyMenu({ disabled, onPress }: KeyMenuProps) {
  return (
    <Menu position="bottom-end" returnFocus={false}>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconKeyboard size={14} aria-hidden />}
          title={words.keysHelp}
          disabled={disabled}
        >
          {words.keys}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {CHORDS.map((chord) => (
          <Menu.Item key={chord.name} onClick={() => onPress(chord)}>
            {chord.name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{words.functionKeys}</Menu.Label>
        <div className="vnc-function-keys">
          {FUNCTION_KEYS.map((chord) => (
            <Menu.Item key={chord.name} onClick={() => onPress(chord)}>
              {chord.name}
            </Menu.Item>
          ))}
        </div>
      </Menu.Dropdown>
    </Menu>
  );
}
