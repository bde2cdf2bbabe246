/** Defects of the key file: W-KEY. */

import { unlinkSync } from "node:fs";

import { defect } from "../defect.mjs";
import { KeyFile } from "../keyfile.mjs";

class KeyMadeAnew extends KeyFile {
  open() {
    if (this.stored() !== null) unlinkSync(this.path);
    return super.open();
  }
}

class KeyAsTypedArrays extends KeyFile {
  content({ publicKey, secretKey }) {
    return { publicKey, secretKey };
  }

  read(text) {
    const { publicKey, secretKey } = JSON.parse(text);
    return super.read(
      JSON.stringify(
        super.content({ publicKey: Object.values(publicKey), secretKey: Object.values(secretKey) }),
      ),
    );
  }
}

class KeyFolderMissing extends KeyFile {
  makeFolder() {}
}

class KeyForAll extends KeyFile {
  mode() {
    return 0o644;
  }
}

export default [
  defect("key-made-anew", "W-KEY-8", ["W-KEY-7", "W-KEY-9", "W-KEY-11"], "makes a new key at every start", {
    KeyFile: KeyMadeAnew,
  }),
  defect(
    "key-as-typed-arrays",
    "W-KEY-3",
    ["W-KEY-4", "W-KEY-5", "W-KEY-6"],
    "stringifies typed arrays, which become objects with numbered members",
    { KeyFile: KeyAsTypedArrays },
  ),
  defect("key-folder-missing", "W-KEY-2", [], "does not create the folder of its key file", {
    KeyFile: KeyFolderMissing,
  }),
  defect("key-for-all", "W-KEY-10", [], "leaves the mode of its key file to the default", {
    KeyFile: KeyForAll,
  }),
];
