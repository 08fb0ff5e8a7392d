"""Questions that the documents do not answer: what else people ask about a topic, and about a company.

Every entry says by which words a text would betray that it answers after all; where one of them stands, the question
is not asked. All questions are our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Absent:
    """A question and the words that a text with its answer would have."""

    question: str
    """With `{topic}` where a section's topic goes; without, for questions about the company at large."""
    told_by: str
    """Regular expression; where it matches, the question may be answerable."""
    of: str = ""
    """Regular expression of the topics it fits; empty for the company at large."""


_LEAVE = r"(?:休暇|休業|休職|休み|勤務)$"
_MONEY = r"(?:手当|補助|補助金|費|費用|日当|旅費|賞与|退職金|見舞金|奨励金|交通費|宿泊費)$"
_SPENT = r"(?:費|費用|旅費|代|補助|補助金)$"
_CARE = r"(?:健康診断|検査|教育|研修|訓練|教育訓練|教育研修|面接|面談)$"
_RULE = r"(?:届出|届|申請|手続|手続き|報告|提出書類|承認|許可|登録)$"
_THING = r"(?:管理|保管|廃棄|利用|使用|接続|貸与品|制度|情報|パスワード|機器|書類|契約|取引先)$"

MORE: tuple[Absent, ...] = (
    Absent("{topic}の申請書はどこでもらえますか", r"申請書|様式|書式|用紙|届書", _LEAVE),
    Absent("{topic}を1時間単位で取ることはできますか", r"時間単位|単位|半日|1時間|一時間", r"休暇$"),
    Absent("{topic}中の社会保険料は誰が払いますか", r"社会保険|保険料", _LEAVE),
    Absent("{topic}中にアルバイトをしてもいいですか", r"アルバイト|副業|兼業|就労|従事", _LEAVE),
    Absent("{topic}を途中で取り消すと何日分が戻りますか", r"取り?消|撤回|取りやめ|中止|返上", _LEAVE),
    Absent("{topic}の間、会社のパソコンは返さないといけませんか", r"パソコン|貸与|返却", _LEAVE),
    Absent("{topic}の間も家族手当は満額出ますか", r"家族手当|手当", _LEAVE),
    Absent("{topic}はパートの人も取れますか", r"パート|短時間|臨時|全て|すべて|全従業員|全社員", r"(?:休暇|休業)$"),
    Absent("{topic}は何時間前までに電話すればいいですか", r"電話|時間前|連絡", r"休暇$"),
    Absent("{topic}は毎月何日に振り込まれますか", r"振込|振り込|支払日|支給日|口座|末日|毎月", _MONEY),
    Absent("{topic}に税金はかかりますか", r"税", _MONEY),
    Absent("{topic}の領収書は何年間保管すればいいですか", r"領収|保管|保存", _SPENT),
    Absent("{topic}を請求し忘れたときは、何か月前の分まで受け取れますか", r"忘|遡|さかのぼ|時効|期限|以内", _MONEY),
    Absent("{topic}は家族の分も請求できますか", r"家族|親族|配偶|扶養", r"(?:補助|補助金|見舞金)$"),
    Absent("{topic}は外貨でも受け取れますか", r"外貨|ドル|通貨|為替", r"(?:旅費|日当|宿泊費)$"),
    Absent("{topic}の金額は何年ごとに見直されますか", r"見直|改定|年ごと|毎年", _MONEY),
    Absent("{topic}はクレジットカードで払った場合も対象ですか", r"カード|クレジット", _SPENT),
    Absent("{topic}は入社何年目から増えますか", r"年目|勤続|年数|増額|昇", _MONEY),
    Absent("{topic}はどこの会場で行われますか", r"会場|場所|病院|医療機関|機関|室で|所で", _CARE),
    Absent("{topic}には何時間かかりますか", r"時間|分間|所要|半日|日間", _CARE),
    Absent("{topic}の当日は何を持っていけばいいですか", r"持参|持ち物|持って", _CARE),
    Absent("{topic}を欠席したときの振替日はいつですか", r"欠席|振替|振り替|再受|追試|別の日", _CARE),
    Absent("{topic}の結果は何日後に届きますか", r"結果|通知|日後", _CARE),
    Absent("{topic}はオンラインでも受けられますか", r"オンライン|ウェブ|Web|電子|映像|動画|eラーニング", _CARE),
    Absent("{topic}はメールでもいいですか", r"メール|電子|書面|チャット|システム|「", _RULE),
    Absent("{topic}に印鑑は必要ですか", r"印鑑|押印|捺印|記名|署名|印", _RULE),
    Absent("{topic}を代わりの人がすることはできますか", r"代理|代わ|代行|委任", _RULE),
    Absent("{topic}の控えは何年保管されますか", r"保管|保存|年間|控", _RULE),
    Absent("{topic}の受付は何時までですか", r"時まで|正午|受付|時分|午後", _RULE),
    Absent("{topic}の手数料はいくらですか", r"手数料|円|費用|料金|無料", _RULE),
    Absent("{topic}にかかる費用は年間いくらですか", r"円|費用|料金|予算|無料|負担", _THING),
    Absent("{topic}は何年ごとに点検されますか", r"点検|監査|確認|年ごと|毎年|見直", _THING),
    Absent("{topic}は誰が社長に報告しますか", r"報告|社長|取締役", _THING),
    Absent("{topic}のソフトのバージョンはいくつですか", r"バージョン|ソフト|版", _THING),
)

OUTSIDE: tuple[Absent, ...] = (
    Absent("社員食堂のランチはいくらですか", r"食堂|ランチ|定食|弁当"),
    Absent("会社の駐車場は月いくらで借りられますか", r"駐車場"),
    Absent("社員寮の家賃はいくらですか", r"社員寮|独身寮|社宅|寮"),
    Absent("社宅には何年まで住めますか", r"社宅|寮"),
    Absent("創立記念日は休みですか", r"創立|創業|記念日"),
    Absent("会社の創立は何年ですか", r"創立|創業|設立"),
    Absent("制服のクリーニング代は会社が出してくれますか", r"制服|作業服|クリーニング|被服"),
    Absent("私服で出勤してもいい曜日はありますか", r"私服|服装|カジュアル|制服|身だしなみ"),
    Absent("オフィスのWi-Fiのパスワードを教えてください", r"Wi-?Fi|無線"),
    Absent("会議室の予約は何日前からできますか", r"会議室"),
    Absent("忘年会の費用は会社がいくらまで出しますか", r"忘年会|懇親会|新年会|親睦"),
    Absent("社員旅行は毎年どこへ行きますか", r"社員旅行|慰安旅行|旅行"),
    Absent("持株会に入ると奨励金は何パーセントもらえますか", r"持株|持ち株|ストック"),
    Absent("確定拠出年金の掛金は会社がいくら出しますか", r"拠出年金|企業年金|DC|年金"),
    Absent("財形貯蓄は月いくらから始められますか", r"財形|貯蓄"),
    Absent("住宅ローンを会社から借りることはできますか", r"住宅ローン|社内融資|貸付"),
    Absent("資格を取るとお祝い金はもらえますか", r"資格|祝い金|祝金|報奨|奨励"),
    Absent("TOEICの受験料は会社が出してくれますか", r"TOEIC|英語|受験料|受検料"),
    Absent("英会話のレッスンに補助はありますか", r"英会話|語学|英語"),
    Absent("スポーツジムの会員割引はありますか", r"ジム|スポーツ|フィットネス|体育館"),
    Absent("保育園の費用の補助はありますか", r"保育|託児|ベビーシッター"),
    Absent("ベビーシッターの割引券は何枚もらえますか", r"ベビーシッター|保育|託児"),
    Absent("ペットが死んだときに休めますか", r"ペット|動物|犬"),
    Absent("いとこの結婚式のときは何日休めますか", r"いとこ|従兄弟|親族|親戚"),
    Absent("おじやおばが亡くなったときは何日休めますか", r"おじ|おば|伯父|叔父|親族|3親等|三親等|親戚"),
    Absent("ボランティアに参加するときの休みは何日ですか", r"ボランティア|社会貢献|奉仕"),
    Absent("引っ越しのときに休みはもらえますか", r"引っ?越|転居|転勤|赴任"),
    Absent("誕生日に休みを取れますか", r"誕生日|バースデー|記念日"),
    Absent("勤続20年の表彰では何がもらえますか", r"表彰|永年|リフレッシュ|勤続20"),
    Absent("社員を紹介すると紹介料はいくらもらえますか", r"紹介料|紹介制度|リファラル|紹介"),
    Absent("副社長の名前を教えてください", r"副社長"),
    Absent("社長の名前は何ですか", r"社長|代表取締役"),
    Absent("会社の売上はいくらですか", r"売上|売り上げ|収益"),
    Absent("社員の平均年齢は何歳ですか", r"平均年齢"),
    Absent("従業員は全部で何人いますか", r"従業員数|社員数|人数|およそ|全部で|[0-9]+人"),
    Absent("株価はいくらですか", r"株価|上場|株式市場"),
    Absent("本社の最寄り駅はどこですか", r"最寄り駅|最寄駅|アクセス"),
    Absent("海外の支店はどこにありますか", r"支店|海外拠点|海外支社|拠点|営業所"),
    Absent("名刺は何枚まで作ってもらえますか", r"名刺"),
    Absent("社員証をなくしたときの再発行はいくらですか", r"社員証|再発行|IDカード"),
    Absent("会社の携帯電話を家で使ってもいいですか", r"携帯|スマートフォン|電話"),
    Absent("パソコンのモニターを2台もらえますか", r"モニター|ディスプレイ|パソコン"),
    Absent("プリンターの紙がなくなったら誰に言えばいいですか", r"プリンター|複合機|印刷|用紙"),
    Absent("会社の図書室では本を何冊借りられますか", r"図書|書籍|本を"),
    Absent("自動販売機の飲み物はいくらですか", r"自動販売機|自販機|飲み物"),
    Absent("喫煙所は何階にありますか", r"喫煙|たばこ|禁煙"),
    Absent("避難訓練は年に何回ありますか", r"避難|防災|訓練"),
    Absent("AEDはどこに置いてありますか", r"AED|救急"),
    Absent("健康保険証はいつ届きますか", r"保険証|資格確認書|被保険者証"),
    Absent("年末調整の書類の締切はいつですか", r"年末調整"),
    Absent("源泉徴収票はいつもらえますか", r"源泉徴収"),
    Absent("給与明細はどこで見られますか", r"給与明細|支払明細|明細"),
    Absent("ふるさと納税の手続きは会社でできますか", r"ふるさと納税|納税|確定申告"),
    Absent("団体保険に入ると保険料は何パーセント安くなりますか", r"団体保険|生命保険|割引"),
    Absent("インターンの学生の時給はいくらですか", r"インターン|学生|時給"),
    Absent("新入社員の初任給はいくらですか", r"初任給|新入社員|新卒"),
    Absent("昇進の試験は年に何回ありますか", r"昇進|昇格|登用"),
    Absent("部署を異動したいときは誰に相談すればいいですか", r"異動|配置|社内公募|自己申告"),
    Absent("会社の車を休みの日に借りられますか", r"社有車|社用車|会社の車|車両"),
    Absent("出張でたまったマイルは自分で使ってもいいですか", r"マイル|ポイント"),
    Absent("在宅勤務の日の電気代は出ますか", r"在宅|テレワーク|リモート|光熱"),
    Absent("サテライトオフィスはどこにありますか", r"サテライト|テレワーク|コワーキング"),
    Absent("労働組合の組合費は月いくらですか", r"組合費|労働組合"),
    Absent("社内報は年に何回出ますか", r"社内報|広報"),
    Absent("会社のロゴを資料に使ってもいいですか", r"ロゴ|商標|ブランド"),
    Absent("SNSに会社のことを書いてもいいですか", r"SNS|ソーシャル|ブログ|インターネットへの投稿"),
    Absent("植木の水やりは誰の担当ですか", r"植木|観葉|水やり"),
    Absent("ウォーターサーバーの水は無料ですか", r"ウォーター|飲料|飲み物|サーバー"),
    Absent("歓迎会は何月に行われますか", r"歓迎会|懇親会|歓送迎"),
    Absent("インフルエンザの予防注射はいつ受けられますか", r"インフルエンザ|予防接種|予防注射"),
    Absent("メンタルの相談ができる窓口の電話番号は何番ですか", r"メンタル|相談窓口|相談室|カウンセリング|産業医"),
    Absent("会社の住所の郵便番号は何番ですか", r"郵便番号|所在地|住所"),
    Absent("宅配便の集荷は何時ですか", r"宅配|集荷|発送|郵便"),
    Absent("ごみの分別はどうすればいいですか", r"ごみ|ゴミ|分別|廃棄物"),
    Absent("エレベーターの点検日はいつですか", r"エレベーター|点検"),
    Absent("土曜日に会社に入るときの鍵は誰が持っていますか", r"鍵|開錠|施錠|入場"),
)


def more_about(topic: str, texts: list[str]) -> list[str]:
    """Questions about a section's topic that none of these texts answers.

    Args:
        texts: Everything in the project that names the topic.
    """
    return [
        absent.question.format(topic=topic)
        for absent in MORE
        if re.search(absent.of, topic) and not any(re.search(absent.told_by, text) for text in texts)
    ]


def outside(texts: list[str]) -> list[str]:
    """Questions about a company that nothing in the project answers."""
    everything = "\n".join(texts)
    return [absent.question for absent in OUTSIDE if not re.search(absent.told_by, everything)]
