/* check_cases.h - mistakes in the files of tests/golden/check and what the checker says about each. Every case replaces one text
 * of one file; lines and columns were counted by hand in the result, and sentences are those that docs/authoring promises. */
static const struct check_case {
    const char *file, *from, *to, *expected;
} cases[] = {
    /* --- what is no YAML, or YAML that content files do not use */
    {"site.yaml", "default: deny", "default: \"deny",
     "site.yaml:28:12: error: this is not YAML: wrongly indented double-quoted scalar\n"},
    {"site.yaml", "default: deny", "default: &d deny",
     "site.yaml:28:12: error: anchors (&name) are not allowed; write the value out where it is used\n"},
    {"site.yaml", "default: deny", "default: *d",
     "site.yaml:28:12: error: aliases (*name) are not allowed; write the value out\n"},
    {"site.yaml", "  default: deny\n", "  default: deny\n  default: allow\n",
     "site.yaml:29:3: error: 'default' stands twice in this map; remove one\n"},
    {"site.yaml", "  default: deny\n", "  <<: {default: deny}\n",
     "site.yaml:28:3: error: merge keys (<<) are not allowed; write the members out\n"},
    {"site.yaml", "title: {zh: 小站", "title: {zh: \xff",
     "site.yaml:2:13: error: this byte is no text in UTF-8; save the file as UTF-8\n"},
    {"site.yaml", "router:\n", "---\nrouter:\n", "site.yaml:26:1: error: a second document begins here; a file holds one\n"},

    /* --- the schema: all at once */
    {"site.yaml", "zones:\n", "zons:\n",
     "site.yaml:1:1: error: 'zones' is missing; expected a map\n"
     "site.yaml:4:1: error: unknown key 'zons'; did you mean 'zones'?\n"},
    {"site.yaml", "step: 100ms", "step: 100",
     "site.yaml:3:41: error: 'step': expected a duration such as 100ms, 90s or 15m, got the number '100'\n"},
    {"site.yaml", "kind: plc", "kind: plcc", "site.yaml:10:11: error: unknown word 'plcc'; did you mean 'plc'?\n"},
    {"site.yaml", "subnet: 10.20.0.0/24", "subnet: 10.20.0.1/24",
     "site.yaml:5:35: error: 'subnet': expected a subnet such as 10.10.0.0/24, got '10.20.0.1/24'\n"},
    {"site.yaml", "address: 10.10.0.11", "address: 10.10.0.511",
     "site.yaml:13:34: error: 'address': expected an IPv4 address such as 10.10.0.11, got '10.10.0.511'\n"},
    {"site.yaml", "    kind: hmi\n    title: {zh: 操作员站, en: Station}\n",
     "    kind: hmi\n    title: Station\n    colour: red\n",
     "site.yaml:20:12: error: 'title': expected a text in both languages: {zh: ..., en: ...}, got 'Station'\n"
     "site.yaml:21:5: error: unknown key 'colour'; allowed here: kind, title, personality, at, program, task, wires, links, "
     "serves, "
     "security, polls, pages, alarms, keep\n"},
    {"site.yaml", "write-protect: off", "write-protect: maybe",
     "site.yaml:17:56: error: 'write-protect': expected on or off, got 'maybe'\n"},
    {"site.yaml", "site: mini", "site: Mini Site",
     "site.yaml:1:7: error: 'site': expected a name of small letters, digits and '-', at most 31 long, got 'Mini Site'\n"},
    {"site.yaml", "level: 2, ", "level: 7, ", "site.yaml:5:24: error: 7 is outside -1..5\n"},
    {"site.yaml", "pages: hmi/", "pages: ../hmi",
     "site.yaml:23:12: error: 'pages': expected a path below this file's folder such as plc/stage1.st, got '../hmi'\n"},
    {"maker.yaml", "oui: \"00:80:F4\"", "oui: 0080F4",
     "personalities/maker.yaml:5:6: error: 'oui': expected a MAC prefix such as 00:80:F4, got '0080F4'\n"},
    {"scenario.yaml", "do: {discover-hosts: {zone: control}}", "do: {discover: {zone: control}}",
     "scenarios/trial/scenario.yaml:8:68: error: unknown key 'discover'; did you mean 'discover-hosts'?\n"},
    {"scenario.yaml", "technique: T0846, by: intruder", "technique: 846, by: intruder",
     "scenarios/trial/scenario.yaml:8:28: error: 'technique': expected a technique of ATT&CK for ICS such as T0836, got the "
     "number '846'\n"},
    {"event.yaml", "seed: from-secret", "seed: random",
     "events/cup/event.yaml:7:7: error: 'seed': expected from-secret or a whole number, got 'random'\n"},

    /* --- what does not fit together: the site */
    {"site.yaml", "wires: {LIT101: ", "wires: {LIT110: ",
     "site.yaml:15:13: error: device 'plc1' wires tag 'LIT110', which process model 'water-treatment' does not have; did you "
     "mean "
     "'LIT101'?\n"},
    {"site.yaml", "model: water-treatment", "model: water-treatmant",
     "site.yaml:3:18: error: no process model is called 'water-treatmant'; did you mean 'water-treatment'?\n"},
    {"site.yaml", "LIT101: \"%IW0\"", "LIT101: \"%QW0\"",
     "site.yaml:15:21: error: tag 'LIT101' is measured: expected an address in %I, got '%QW0'\n"
     "site.yaml:15:21: error: the program of 'plc1' has no variable at %QW0\n"},
    {"site.yaml", "MV101.open: \"%QX0.0\"", "MV101.open: \"%QX0.1\"",
     "site.yaml:15:61: error: tag 'P101.run' is wired where 'MV101.open' is already\n"},
    {"site.yaml", "zone: control, address: 10.10.0.11", "zone: contrl, address: 10.10.0.11",
     "site.yaml:13:16: error: no zone is called 'contrl'; did you mean 'control'?\n"},
    {"site.yaml", "address: 10.10.0.11", "address: 10.10.1.11",
     "site.yaml:13:34: error: 10.10.1.11 is no host's address in zone 'control', which is 10.10.0.0/24\n"},
    {"site.yaml", "address: 10.20.0.21", "address: 10.20.0.1",
     "site.yaml:21:38: error: 10.20.0.1 is the router's address in zone 'supervisory'; use another\n"},
    {"site.yaml", "subnet: 10.20.0.0/24", "subnet: 10.10.0.0/16",
     "site.yaml:6:31: error: subnet 10.10.0.0/24 of zone 'control' meets that of zone 'supervisory'; use one that is free\n"
     "site.yaml:21:38: error: 10.20.0.21 is no host's address in zone 'supervisory', which is 10.10.0.0/16\n"},
    {"site.yaml", "from: hmi1, to: plc1, service: modbus", "from: hmi2, to: plc1, service: modbas",
     "site.yaml:30:27: error: 'hmi2' is no device, zone, address or prefix of the site; did you mean 'hmi1'?\n"},
    {"site.yaml", "to: plc1, service: modbus", "to: plc1, service: modbas",
     "site.yaml:30:52: error: no service is called 'modbas'; did you mean 'modbus'?; or write tcp/PORT, udp/PORT\n"},
    {"site.yaml", "modbus-access-list: any", "modbus-access-list: hmi1 hmi9",
     "site.yaml:17:36: error: 'hmi1 hmi9' for setting modbus-access-list: 'hmi9' is no device, zone, address or prefix of the "
     "site; or "
     "use any, none\n"},
    {"site.yaml", "plc1: all", "plc1: [LIT101, LIT1O1]",
     "site.yaml:22:46: error: no tag is called 'LIT1O1'; did you mean 'LIT101'?\n"},
    {"site.yaml", "from: {plc1: all}", "from: {plc1: [LIT101]}",
     "alarms.yaml:4:3: error: station 'hmi1' does not poll tag 'P101.run', so it cannot know it; add it to its `polls`\n"
     "hmi/main.yaml:5:3: error: station 'hmi1' does not poll tag 'MV101.open', so it cannot know it; add it to its `polls`\n"},
    {"site.yaml", "program: plc1.st", "program: plc2.st",
     "site.yaml:14:14: error: 'plc2.st' names sites/mini/plc2.st: there is no such file that can be read\n"},
    {"site.yaml", "kind: plc", "kind: host",
     "site.yaml:14:5: error: device 'plc1' is of kind host, which has no 'program'\n"
     "site.yaml:15:5: error: device 'plc1' is of kind host, which has no 'wires'\n"
     "site.yaml:16:14: error: device 'plc1' is of kind host; only a plc serves modbus\n"
     "site.yaml:22:31: error: 'plc1' is no plc that serves a protocol to ask it by\n"},
    {"site.yaml", "every: 1s, from", "every: 1s, over: s7, from", "site.yaml:22:30: error: 'plc1' does not serve s7\n"},
    {"site.yaml", "every: 1s, from", "every: 1s, over: s8, from",
     "site.yaml:22:30: error: unknown word 's8'; did you mean 's7'?\n"},
    {"tags.yaml", "P101.run: {title: {zh: 泵, en: Pump}}", "P101.runs: {title: {zh: 泵, en: Pump}}",
     "alarms.yaml:4:3: error: no tag is called 'P101.run'; did you mean 'P101.runs'?\n"
     "tags.yaml:6:3: error: tag 'P101.runs': no controller's program has a variable P101_runs; name it by `symbol`\n"},
    {"alarms.yaml", "H: 0.8 m,", "H: 0.8 bar,", "alarms.yaml:3:38: error: '0.8 bar' for tag LIT101: expected a quantity in mm\n"},
    {"alarms.yaml", "L: 500 mm", "L: 900 mm", "alarms.yaml:3:38: error: limit H of tag LIT101 must lie above L\n"},
    {"alarms.yaml", "HH: 1200 mm", "HH: 1.7 m",
     "alarms.yaml:3:49: error: limit HH of tag LIT101 lies outside its range 0..1600 mm\n"},
    {"maker.yaml", "0x01: M1, ", "",
     "personalities/maker.yaml:6:10: error: object 0x01 is missing: vendor 0x00, product code 0x01 and revision 0x02 are "
     "mandatory\n"},

    /* --- what does not fit together: scenario, player, event */
    {"scenario.yaml", "to: 1500 mm", "to: 9.4 bar",
     "scenarios/trial/scenario.yaml:10:59: error: '9.4 bar' for tag LIT101.setpoint: expected a quantity in mm\n"},
    {"scenario.yaml", "to: off", "to: 3 m",
     "scenarios/trial/scenario.yaml:11:80: error: '3 m' for tag P101.run: expected on or off\n"},
    {"scenario.yaml", "blocked: pump", "blocked: pomp",
     "scenarios/trial/scenario.yaml:10:90: error: no step is called 'pomp'; did you mean 'pump'?\n"
     "scenarios/trial/scenario.yaml:11:5: error: step 'pump' never begins: give it `at` or `after`, or let another step lead to "
     "it\n"},
    {"scenario.yaml", "technique: T0855", "technique: T0854",
     "scenarios/trial/scenario.yaml:11:27: error: no technique of ATT&CK for ICS is called 'T0854'; did you mean 'T0804'?\n"},
    {"scenario.yaml", "after: sweep, at: +2m", "after: level, at: +2m",
     "scenarios/trial/scenario.yaml:9:56: error: step 'level' waits for itself\n"},
    {"scenario.yaml", "device: plc1, tag: LIT101.setpoint", "device: hmi1, tag: LIT101.setpoint",
     "scenarios/trial/scenario.yaml:10:27: error: tag 'LIT101.setpoint' is a value of 'plc1', not of 'hmi1'\n"},
    {"scenario.yaml", "{MV101.open: toggle}", "{P101.run: toggle}",
     "scenarios/trial/scenario.yaml:13:45: error: tag 'P101.run' cannot be commanded; give it `writable` or `command` in the "
     "table of "
     "tags\n"},
    {"scenario.yaml", "within: 1.2..3.0 m3/h", "within: 1.2..3.0 kPa",
     "scenarios/trial/scenario.yaml:15:48: error: '1.2..3.0 kPa' for tag FIT601: expected a range in m3/h\n"},
    {"scenario.yaml", "address: 10.20.0.66", "address: 10.20.0.21",
     "scenarios/trial/scenario.yaml:6:50: error: 10.20.0.21 is the address of 'hmi1' already; use another\n"},
    {"scenario.yaml", "keeps: operate-mv101, points", "keeps: operate-mv102, points",
     "scenarios/trial/scenario.yaml:18:49: error: no function among `keeps` is called 'operate-mv102'; did you mean "
     "'operate-mv101'?\n"},
    {"scenario.yaml", "reference: 90..", "vandal: 90..",
     "scenarios/trial/scenario.yaml:21:24: error: no player is called 'vandal'\n"},
    {"scenario.yaml", "site: mini", "site: maxi",
     "scenarios/trial/scenario.yaml:2:7: error: 'maxi' names sites/maxi/site.yaml: there is no such file that can be read\n"},
    {"reference.yaml", "name: write-protect", "name: write-protekt",
     "scenarios/trial/reference.yaml:5:49: error: no setting of 'plc1' is called 'write-protekt'; did you mean "
     "'write-protect'?\n"},
    {"reference.yaml", "{on: {step: sweep}, ", "{",
     "scenarios/trial/reference.yaml:3:5: error: expected one of `on`, `at`, `when`: what this waits for\n"},
    {"reference.yaml", "value: 800 mm", "value: 800",
     "scenarios/trial/reference.yaml:6:58: error: '800' for tag LIT101.setpoint: expected a quantity in mm\n"},
    {"scenario.yaml", "score:\n", "score:\n  every: 0s\n",
     "scenarios/trial/scenario.yaml:15:10: error: 'every': expected a second or more, such as 30s, got '0s'\n"},
    {"scenario.yaml", "half-life: 10m", "half-life: 0s",
     "scenarios/trial/scenario.yaml:17:36: error: 'half-life': expected a second or more, such as 10m, got '0s'\n"},
    {"event.yaml", "player: reference", "player: referense",
     "events/cup/event.yaml:6:47: error: no player of the scenario is called 'referense'; did you mean 'reference'?\n"},
    {"event.yaml", "id: t2", "id: t1", "events/cup/event.yaml:6:10: error: another team is called 't1'\n"},
    {"event.yaml", "name: ann", "name: organiser",
     "events/cup/event.yaml:5:56: error: the account 'organiser' is the organiser's; accounts are unique in an event\n"},
    {"event.yaml", "name: ann", "name: t2",
     "events/cup/event.yaml:5:56: error: the account 't2' is that of the team without members; accounts are unique in an "
     "event\n"},
    {"event.yaml", "{name: ann, post: response}", "{name: ann, post: response}, {name: ann, post: duty}",
     "events/cup/event.yaml:5:85: error: the account 'ann' is another member's; accounts are unique in an event\n"},
    {"event.yaml", "id: t2", "id: board",
     "events/cup/event.yaml:6:10: error: a team without members has an account of its name, and 'board' is the spectators'\n"},
    {"event.yaml", "rounds: [", "rounds: [{id: eve, scenario: trial}, ",
     "events/cup/event.yaml:3:9: error: the list has 2 items; expected at most 1\n"},
    {"event.yaml", "response: 30}", "report: 30}",
     "events/cup/event.yaml:3:80: error: no direction of the scenario's score is called 'report'\n"},
};
