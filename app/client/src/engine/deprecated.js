// A record that corrects another names it as deprecatedID. The engine adds that name when it begins the correction, but
// takes up a saved one with no more than the form's own nodes: for that the form is given this node too.

const INSTANCE_ID = /<((?:[\w-]+:)?)instanceID\s*(?:\/>|><\/\1instanceID>)/;

/** The XForm, as a saved correction is restored with it: a node for deprecatedID stands beside that for instanceID. */
export const correctable = (xml) =>
  xml.includes('deprecatedID') ? xml : xml.replace(INSTANCE_ID, '$&<$1deprecatedID/>');
