async def test_a_new_person_is_collected(bench):
    terminal = await bench.terminal()
    person = await bench.collected(terminal)
    print(await bench.rows("select * from ledger_entry"))
    [(row, event)] = await bench.events("capture-record-submitted")
    print(event)

async def test_import(bench, make_workbook, make_row):
    people=[bench.person() for _ in range(3)]
    rows=[make_row(p) for p in people]+[make_row(people[0])]+[make_row(bench.person(), **{"公民身份号码":"123"})]
    content=make_workbook(rows)
    a=await bench.import_file(content)
    print(a.text)
    a=await bench.import_file(content)
    print(a.text)
    r=await bench.client.get(f"/imports/{a.json()['import_id']}/refusals", headers=bench.headers("administrator" and __import__("muster.vocabulary.states").vocabulary.states.Role.ADMINISTRATOR,"632321"))
    print(r.text)
    ev=await bench.events("capture-baseline-imported")
    print(ev[0])
